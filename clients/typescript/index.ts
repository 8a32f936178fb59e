// The client of a Loopledger server for programs that follow its log. It needs nothing but fetch, WebSocket and WebCrypto.
export { follow, type Followed, FollowError, type FollowOptions, type LogEvent } from './follow.ts';
export { readSnapshot, type SnapshotObject, type SnapshotOptions } from './snapshot.ts';
export { stream, type StreamOptions } from './stream.ts';
export type { Agent, Dispatch, Epic, EventData, EventFrame, Key, Project, Story } from './types.ts';
export { type ReceivedWebhook, type SentEvent, verifyWebhook, WebhookError, type WebhookMessage } from './webhook.ts';
