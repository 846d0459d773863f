/** Client of Leeway: the operations and types of its API, and what makes them pleasant to use. */

export * from "./generated/index.js";
export { connect, type Client, type ConnectOptions } from "./connect.js";
export { items, pages, type Page } from "./pages.js";
export { ProblemError, type FieldError } from "./problems.js";
export {
  EventRecorder,
  RejectedEventsError,
  type RecordableEvent,
  type RecorderCounts,
  type RecorderOptions,
} from "./recorder.js";
export { follow, type Followed, type FollowOptions } from "./stream.js";
export { verifyWebhook, WebhookVerificationError, type ReceivedWebhook } from "./webhooks.js";
