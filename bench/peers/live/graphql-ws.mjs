// graphql-ws on ws: what Apollo Server's documentation says to use for subscriptions.
import { createServer } from "node:http";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";
import { resolvers, scopeOf, serving, typeDefs } from "./common.mjs";

const server = createServer((_, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false });
useServer(
  {
    schema: makeExecutableSchema({ typeDefs, resolvers }),
    onConnect: (context) => {
      context.extra.scope = scopeOf(context.connectionParams);
      return context.extra.scope !== null;
    },
    context: ({ extra }) => ({ scope: extra.scope }),
  },
  sockets,
);
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => serving(server.address().port));
