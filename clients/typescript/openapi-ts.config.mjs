/** What differs from a plain generation: a problem is thrown, and not answered beside the data. */
export default {
  input: "../../openapi/openapi.json",
  output: "src/generated",
  plugins: [{ name: "@hey-api/client-fetch", throwOnError: true }, "@hey-api/typescript", "@hey-api/sdk"],
};
