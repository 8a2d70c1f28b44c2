// GraphQL Yoga behind graphql-ws, as its documentation wires the two together.
import { createServer } from "node:http";
import { useServer } from "graphql-ws/use/ws";
import { createSchema, createYoga } from "graphql-yoga";
import { WebSocketServer } from "ws";
import { resolvers, scopeOf, serving, typeDefs } from "./common.mjs";

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  logging: false,
  graphiql: false,
  context: ({ extra }) => ({ scope: extra?.scope ?? null }),
});
const server = createServer(yoga);
const sockets = new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false });
useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onConnect: (context) => {
      context.extra.scope = scopeOf(context.connectionParams);
      return context.extra.scope !== null;
    },
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      });
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
      const errors = validate(args.schema, args.document);
      return errors.length ? errors : args;
    },
  },
  sockets,
);
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => serving(server.address().port));
