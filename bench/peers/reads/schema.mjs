// The promise itself, as it is printed and committed, with the resolvers that the queue needs.
import { readFileSync } from 'node:fs'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { GraphQLScalarType, Kind, parse } from 'graphql'
import { actorOf } from './actor.mjs'
import { loadersOf, tickets } from './tickets.mjs'

const typeDefs = readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8')

/** What resolvers get: who asks, checked against the database, and loaders of their own. */
export async function contextOf(headers) {
  const actor = await actorOf(headers)
  return { actor, loaders: loadersOf(actor) }
}

// An id is base64url of the type's name, a colon and the key's 16 bytes.
function idOf(type) {
  const prefix = Buffer.from(`${type}:`)
  return ({ id }) => {
    const raw = Buffer.allocUnsafe(prefix.length + 16)
    prefix.copy(raw)
    raw.write(id.replaceAll('-', ''), prefix.length, 'hex')
    return raw.toString('base64url')
  }
}

const related = (loader, column) => (row, _, { loaders }) =>
  row[column] === null ? null : loaders[loader].load(row[column])

const asItIs = (name) => new GraphQLScalarType({ name, serialize: (value) => value })

// Rows hold names in lower case, and priorities as numbers.
function enums() {
  const found = parse(typeDefs).definitions.filter(({ kind }) => kind === Kind.ENUM_TYPE_DEFINITION)
  return Object.fromEntries(found.map(({ name, values }) => [name.value, Object.fromEntries(
    values.map((value, n) => [
      value.name.value,
      name.value === 'Priority' ? n : value.name.value.toLowerCase(),
    ]))]))
}

export const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    ...enums(),
    DateTime: asItIs('DateTime'),
    Decimal: asItIs('Decimal'),
    Query: { tickets: (_, asked, { actor }) => tickets(actor, asked) },
    Ticket: {
      id: idOf('Ticket'),
      customer: related('customer', 'customer_id'),
      owner: related('owner', 'owner_id'),
      order: related('order', 'order_id'),
      conversation: related('conversation', 'conversation_id'),
    },
    Customer: { id: idOf('Customer') },
    Agent: { id: idOf('Agent') },
    Order: { id: idOf('Order') },
    Conversation: {
      id: idOf('Conversation'),
      lastMessage: ({ id }, _, { loaders }) => loaders.lastMessage.load(id),
    },
    Message: { id: idOf('Message') },
  },
})
