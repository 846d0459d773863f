/** A program that records three events and simply ends. */

import { connect, EventRecorder } from "leeway-client";

const client = connect({ url: process.argv[2]!, key: "lw_test" });
const recorder = new EventRecorder({ client, plan: "release", source: "ci", batchSize: 2, lingerSeconds: 60 });
for (const text of ["a", "b", "c"]) {
  void recorder.record({ type: "note.added", occurred_at: "2024-05-12", data: { text } });
}
