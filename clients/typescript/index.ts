// The client of a Loopledger server for programs that follow its log. It needs nothing but fetch and WebSocket.
export type { FollowedEvent, Followed, FollowOptions } from './follow.ts';
export { follow } from './follow.ts';
export { stream, type StreamOptions } from './stream.ts';
export { readSnapshot, type SnapshotObject } from './snapshot.ts';
