// The tickets of the queue and what hangs on them: one list, and a DataLoader for each relation.
import DataLoader from 'dataloader'
import { seen } from './actor.mjs'

const TICKETS = `t.id, t.number, t.state, t.priority, t.category, t.intent, t.deadline,
  t.opened_at AS "openedAt", t.due_at AS "dueAt",
  t.customer_id, t.owner_id, t.order_id, t.conversation_id`

const ORDERS = {
  newest: 't.opened_at DESC, t.id DESC',
  oldest: 't.opened_at, t.id',
  urgent: 't.priority DESC, t.opened_at, t.id',
}

/** A page of tickets. States come from an enum, so that they may stand in the text, for indexes. */
export async function tickets(actor, { first, order, filter }) {
  const states = filter?.state?.map((state) => `'${state}'`).join(', ')
  const where = states === undefined ? '' : `AND t.state IN (${states || 'NULL'})`
  const size = Math.min(first ?? 20, 100)
  const found = await seen(actor, 'tickets', `tickets ${order} ${states} ${size}`, (condition) => `
    SELECT ${TICKETS} FROM tickets t WHERE ${condition} ${where}
    ORDER BY ${ORDERS[order]} LIMIT ${size + 1}`, [])
  const nodes = found.slice(0, size)
  return { nodes, pageInfo: { hasNextPage: found.length > size, endCursor: cursor(order, nodes.at(-1)) } }
}

function cursor(order, row) {
  if (!row) return null
  const keys = order === 'urgent' ? ['urgent', row.priority] : [`opened${order === 'newest' ? '-' : '+'}`]
  return Buffer.from(JSON.stringify([...keys, row.openedAt, row.id])).toString('base64url')
}

/** The loaders of one request. */
export function loadersOf(actor) {
  const by = (table, columns, tail = '') => byKey('id', (ids) =>
    seen(actor, table, table, (condition, n) =>
      `SELECT ${columns} FROM ${table} t ${tail} WHERE ${condition} AND t.id = ANY($${n})`, [ids]))
  return {
    customer: by('customers', 't.id, t.name'),
    owner: by('grants', 't.id, p.name', 'JOIN people p ON p.id = t.person_id'),
    order: by('orders', 't.id, t.number, t.product, t.verdict, t.amount'),
    conversation: by('conversations', 't.id'),
    lastMessage: byKey('conversation_id', (ids) =>
      seen(actor, 'messages', 'last messages', (condition, n) => `
        SELECT DISTINCT ON (t.conversation_id) t.conversation_id, t.id, t.seq, t.author, t.text,
               t.created_at AS "createdAt"
        FROM messages t WHERE ${condition} AND t.conversation_id = ANY($${n})
        ORDER BY t.conversation_id, t.seq DESC`, [ids])),
  }
}

function byKey(key, load) {
  return new DataLoader(async (ids) => {
    const found = new Map()
    for (const row of await load(ids)) found.set(row[key], row)
    return ids.map((id) => found.get(id) ?? null)
  })
}
