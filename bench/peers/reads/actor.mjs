// Who asks, and what they may see: the same questions to the same tables, and the same rules, as in
// domain/people/queries.py and domain/*/policy.py.
import { createHash } from 'node:crypto'
import { rows } from './database.mjs'

const STAFF = new Set(['supervisor', 'agent'])
const MERCHANTS = new Set(['merchant_owner', 'merchant_staff'])
const COOKIE = /(?:^|;\s*)(?:__Host-)?zaide_session=([^;]+)/

const SESSION = `
  SELECT s.expires_at > now() AND s.ended_at IS NULL AND p.disabled_at IS NULL
         AND g.revoked_at IS NULL AS valid, g.shop_id, g.role, g.merchant_id
  FROM sessions s JOIN people p ON p.id = s.person_id LEFT JOIN grants g ON g.id = s.grant_id
  WHERE s.token_hash = $1`
const TOKEN = `
  SELECT t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AS valid,
         t.shop_id, t.role, t.merchant_id, t.scopes
  FROM tokens t WHERE t.token_hash = $1`

/** Who sent these headers. Throws where nobody valid did. */
export async function actorOf(headers) {
  const bearer = headers.authorization?.match(/^bearer (.+)$/i)?.[1]
  const secret = bearer ?? headers.cookie?.match(COOKIE)?.[1]
  if (!secret) throw new Error('unauthenticated')
  const hash = createHash('sha256').update(secret).digest('hex')
  const [name, text] = bearer ? ['token', TOKEN] : ['session', SESSION]
  const [row] = await rows(name, text, [hash])
  if (!row?.valid) throw new Error('unauthenticated')
  return { shop: row.shop_id, kind: kindOf(row), whose: row.merchant_id, scopes: row.scopes }
}

function kindOf({ role, merchant_id: merchant }) {
  if (STAFF.has(role)) return 'staff'
  if (MERCHANTS.has(role) || merchant) return 'merchant'
  return role === 'partner' ? 'partner' : 'nobody'
}

// Per table: the noun that a token's scopes name, and what must hold for each kind of actor.
// $1 is the shop, $2 whose rows (a merchant's); undefined means that nothing is seen.
const VISIBLE = {
  tickets: { noun: 'tickets', staff: 'TRUE', partner: 'TRUE', merchant: 't.merchant_id = $2' },
  orders: { noun: 'orders', staff: 'TRUE', partner: 'TRUE', merchant: 't.merchant_id = $2' },
  grants: { noun: 'agents', staff: 'TRUE' },
  customers: {
    noun: 'customers',
    staff: 'TRUE',
    partner: 'TRUE',
    merchant: `EXISTS (SELECT 1 FROM orders o WHERE o.shop_id = t.shop_id
               AND o.customer_id = t.id AND o.merchant_id = $2)`,
  },
  conversations: {
    noun: 'conversations',
    staff: 'TRUE',
    partner: 'TRUE',
    merchant: `EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = t.id
               AND m.merchant_id = $2)`,
  },
  messages: {
    noun: 'conversations',
    staff: 'TRUE',
    partner: "t.author <> 'note'",
    merchant: "t.merchant_id = $2 AND t.author <> 'note'",
  },
}

/**
 * The rows of `table` that `actor` may see. `build(condition, next)` gives the statement, where
 * `next` is the number of the first of `values`; the text depends on `name` and the kind alone.
 */
export function seen(actor, table, name, build, values) {
  const rule = VISIBLE[table]
  const condition = rule[actor.kind]
  if (!condition || (actor.scopes && !actor.scopes.includes(`${rule.noun}:read`))) return []
  const bound = actor.kind === 'merchant' ? [actor.shop, actor.whose] : [actor.shop]
  const text = build(`t.shop_id = $1 AND (${condition})`, bound.length + 1)
  return rows(`${name} ${actor.kind}`, text, [...bound, ...values])
}
