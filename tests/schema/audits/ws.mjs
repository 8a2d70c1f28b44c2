// Subscribes with graphql-ws. After the first two frames it is cut off, comes back by itself with
// its last cursor as `after`, and goes on until it has heard of `wanted` changes.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, token, wanted] = process.argv.slice(2);
const told = [];
let connections = 0;
let cursor = null;
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { token },
  retryAttempts: 20,
  retryWait: () => new Promise((done) => setTimeout(done, 100)),
  shouldRetry: () => true,
  on: { connected: (socket) => { connections += 1; current = socket; } },
});
let current;
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const query = `subscription($after: Cursor) { conversations(after: $after) { __typename
  ... on Subscribed { cursor } ... on Resync { cursor } ... on Removed { cursor id }
  ... on ConversationChanged { cursor kind message { text } } } }`;

const follow = () => new Promise((done, fail) => {
  const stop = client.subscribe({ query, variables: { after: cursor } }, {
    next: ({ data, errors }) => {
      if (errors) return fail(new Error(JSON.stringify(errors)));
      const update = data.conversations;
      cursor = update.cursor;
      say(update);
      if (update.__typename === "ConversationChanged") told.push(update.message?.text ?? update.kind);
      if (told.length >= Number(wanted)) { stop(); done("enough"); }
      if (told.length === 2 && connections === 1) { stop(); current.terminate?.(); done("cut"); }
    },
    error: fail,
    complete: () => done("complete"),
  });
});

while (told.length < Number(wanted)) await follow();
await client.dispose();
say({ connections, told });
