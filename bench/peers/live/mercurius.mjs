// mercurius on Fastify, with JIT, and a pubsub of our own as its documentation offers: the default
// one asks a filter per event through an async generator, which costs more.
import Fastify from "fastify";
import mercurius from "mercurius";
import { listen, mayHear, scopeOf, serving, typeDefs } from "./common.mjs";

class PubSub {
  async subscribe(topic, queue, scope) {
    const forget = listen(topic, (event, update) => {
      if (mayHear(scope, event)) queue.push(update);
    });
    (queue.close ??= []).push(forget);
  }

  publish() {
    throw new Error("Events come from Redis.");
  }
}

const itself = (update) => update;
const app = Fastify({ logger: false });
app.register(mercurius, {
  schema: typeDefs,
  jit: 1,
  resolvers: {
    Subscription: {
      conversations: {
        subscribe: (_, __, { pubsub, scope }) => pubsub.subscribe("conversations", scope),
        resolve: itself,
      },
      conversation: {
        subscribe: (_, { id }, { pubsub, scope }) => pubsub.subscribe(`conversation:${id}`, scope),
        resolve: itself,
      },
    },
  },
  subscription: {
    pubsub: new PubSub(),
    onConnect: ({ payload }) => {
      const scope = scopeOf(payload);
      return scope ? { scope } : false;
    },
  },
});
await app.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
await serving(app.server.address().port);
