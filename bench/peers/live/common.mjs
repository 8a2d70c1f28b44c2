// What the live peers have in common: who asks, what they may hear, one Redis reader per process.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import Redis from "ioredis";

export const typeDefs = readFileSync(process.env.BENCH_SCHEMA, "utf8");

// Tokens are known by their SHA-256, as in ours: { digest: { shop, role, merchant, customer, reads } }
const scopes = new Map(Object.entries(JSON.parse(readFileSync(process.env.BENCH_TOKENS, "utf8"))));

export function scopeOf(params) {
  const token = params?.token;
  if (typeof token !== "string") return null;
  return scopes.get(createHash("sha256").update(token).digest("hex")) ?? null;
}

// The same predicate as domain/actors.py has.
export function mayHear(scope, { shop, customers, merchants }) {
  if (scope.shop !== shop) return false;
  if (scope.reads && !scope.reads.includes("conversations")) return false;
  if (scope.customer) return customers.includes(scope.customer);
  if (scope.merchant) return merchants.includes(scope.merchant);
  return ["agent", "supervisor", "partner"].includes(scope.role);
}

// Listeners by topic. An event is parsed once, whoever hears it.
const topics = new Map();

export function listen(topic, listener) {
  if (!topics.has(topic)) topics.set(topic, new Set());
  const listeners = topics.get(topic).add(listener);
  return () => {
    listeners.delete(listener);
    if (!listeners.size) topics.delete(topic);
  };
}

const redis = new Redis(process.env.BENCH_REDIS);
redis.on("message", (_, raw) => {
  const { topics: told, event, update } = JSON.parse(raw);
  for (const topic of told) for (const listener of topics.get(topic) ?? []) listener(event, update);
});

// The updates of a topic that a scope may hear, as graphql-js wants them: an async iterator,
// written by hand because generators and `events.on` cost more per event.
export function updates(topic, scope) {
  const waiting = [];
  let asked = null;
  let over = false;
  const forget = listen(topic, (event, update) => {
    if (!mayHear(scope, event)) return;
    if (asked) {
      const answer = asked;
      asked = null;
      answer({ value: update, done: false });
    } else waiting.push(update);
  });
  const done = { value: undefined, done: true };
  return {
    next() {
      if (waiting.length) return Promise.resolve({ value: waiting.shift(), done: false });
      if (over) return Promise.resolve(done);
      return new Promise((resolve) => (asked = resolve));
    },
    return() {
      over = true;
      forget();
      asked?.(done);
      return Promise.resolve(done);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const itself = (update) => update;
export const resolvers = {
  Subscription: {
    conversations: {
      subscribe: (_, __, { scope }) => updates("conversations", scope),
      resolve: itself,
    },
    conversation: {
      subscribe: (_, { id }, { scope }) => updates(`conversation:${id}`, scope),
      resolve: itself,
    },
  },
};

// Memory is compared without garbage: SIGUSR2 collects it, in every peer alike.
process.on("SIGUSR2", () => globalThis.gc?.());

export async function serving(port) {
  await redis.subscribe(process.env.BENCH_CHANNEL);
  console.log(JSON.stringify({ port }));
}
