-- What `bench/fill.py` fills one shop with: set by set, every key and every choice a function of the
-- row's number, so that each run measures the same rows. Names in braces are filled in as numbers
-- and keys of our own: {n} the shop's number, {shop} its key, {tickets}, {conversations}, {orders},
-- {customers}, {merchants} and {agents} how many it has of each.
--
--   ticket t        comes of conversation t + (t - 1) / 10: each eleventh conversation has none
--   conversation v  is of customer v * 7919 % {customers}, about order v
--   the newest tenth of the tickets: 40 in 100 are open or pending; of the older ones 15 in 1000

-- shops
INSERT INTO shops (id, key, name, locale, connector, secret, frame_ancestors, settings, created_at)
VALUES ('{shop}', 'shop-{n}', '第 {n} 号店', 'zh', 'demo', '', '[]', '{{}}', pg_temp.moment(0, 1));

-- people
INSERT INTO people (id, login, name, password_hash, is_admin, locale, created_at)
SELECT pg_temp.key('person', {n}, a, 0), 'agent-{n}-' || a,
       (ARRAY['小林','阿杰','晓雯','思远','佳怡','子涵','雨桐','浩然'])[a % 8 + 1] || ' ' || a,
       '!', false, 'zh', pg_temp.moment(0, 1)
FROM generate_series(0, {agents} - 1) a;

-- grants
INSERT INTO grants (id, shop_id, person_id, role, capacity, presence, seen_at, created_at)
SELECT pg_temp.key('grant', {n}, a, 0), '{shop}', pg_temp.key('person', {n}, a, 0),
       CASE a WHEN 1 THEN 'supervisor' ELSE 'agent' END, 5, 'online', now(), pg_temp.moment(0, 1)
FROM generate_series(0, {agents} - 1) a;

-- teams
INSERT INTO teams (id, shop_id, key, name)
SELECT pg_temp.key('team', {n}, s, 0), '{shop}', (ARRAY{skills})[s + 1], (ARRAY{skills})[s + 1]
FROM generate_series(0, 4) s;

-- memberships
INSERT INTO memberships (id, shop_id, team_id, grant_id)
SELECT pg_temp.key('membership', {n}, a, 0), '{shop}', pg_temp.key('team', {n}, a % 5, 0),
       pg_temp.key('grant', {n}, a, 0)
FROM generate_series(0, {agents} - 1) a;

-- merchants
INSERT INTO merchants (id, shop_id, external_id, name, tier)
SELECT pg_temp.key('merchant', {n}, m, 0), '{shop}', 'm-' || m, '商户 ' || m,
       (ARRAY['individual','small','enterprise'])[m % 3 + 1]
FROM generate_series(0, {merchants} - 1) m;

-- channels
INSERT INTO channels (id, shop_id, kind, name, secret, settings, created_at)
VALUES (pg_temp.key('channel', {n}, 0, 0), '{shop}', 'webchat', 'webchat', '', '{{}}',
        pg_temp.moment(0, 1));

-- customers
INSERT INTO customers (id, shop_id, name, locale, is_anonymous, created_at)
SELECT pg_temp.key('customer', {n}, c, {customers}), '{shop}', '用户 ' || upper(to_hex(c * 40503)),
       'zh', c % 3 = 0, pg_temp.moment(c, {customers})
FROM generate_series(0::bigint, {customers} - 1) c;

-- timelines
INSERT INTO timelines (id, shop_id, customer_id)
SELECT pg_temp.key('timeline', {n}, c, {customers}), '{shop}',
       pg_temp.key('customer', {n}, c, {customers})
FROM generate_series(0::bigint, {customers} - 1) c;

-- orders
INSERT INTO orders (id, shop_id, merchant_id, customer_id, number, product, quantity, amount,
                    currency, status, verdict, evidence, contact_hint, placed_at, paid_at, synced_at)
SELECT pg_temp.key('order', {n}, o, {orders}), '{shop}', pg_temp.merchant({n}, o, {merchants}),
       pg_temp.key('customer', {n}, o * 7919 % {customers}, {customers}),
       'DJ' || to_char(pg_temp.moment(o, {orders}), 'YYYYMMDDHH24MISS') || lpad(o::text, 7, '0'),
       (ARRAY['Steam 充值卡 100 元','腾讯视频会员 月卡','原神 648 创世结晶','Xbox Game Pass 三个月',
              'Apple 礼品卡 50 元','网易云音乐黑胶 年卡','王者荣耀 点券 1000','Netflix 高级会员 月卡'])
           [o * 31 % 8 + 1],
       1, (o * 131 % 50000 + 100) / 100.0, 'CNY', 'completed',
       CASE WHEN o % 10 < 7 THEN 'delivered'
            ELSE (ARRAY['paid_not_delivered','refunded','awaiting_payment','double_sold'])
                 [o / 10 % 4 + 1] END,
       '{{"zh": "已发出 1 张卡密", "en": "1 card was issued"}}', '138****' || lpad((o % 10000)::text, 4, '0'),
       pg_temp.moment(o, {orders}), pg_temp.moment(o, {orders}), now()
FROM generate_series(1::bigint, {orders}) o;

-- conversations
INSERT INTO conversations (id, shop_id, timeline_id, customer_id, channel_id, team_id, agent_id,
                           order_id, state, holder, intent, sentiment, priority, reasons, bot,
                           last_seq, opened_at, last_message_at, deadline)
SELECT pg_temp.key('conversation', {n}, v, {conversations}), '{shop}',
       pg_temp.key('timeline', {n}, v * 7919 % {customers}, {customers}),
       pg_temp.key('customer', {n}, v * 7919 % {customers}, {customers}),
       pg_temp.key('channel', {n}, 0, 0), pg_temp.key('team', {n}, v % 5, 0),
       pg_temp.key('grant', {n}, v * 13 % {agents}, 0), pg_temp.key('order', {n}, v, {orders}),
       -- A customer has one open conversation at most, and these are all of different ones.
       CASE WHEN v > {conversations} - {customers} AND v * 29 % 100 < 8
            THEN 'open' ELSE 'closed' END,
       'agent', (ARRAY{intents})[v * 17 % {kinds} + 1],
       (ARRAY['negative','neutral','positive'])[v % 3 + 1], v % 4, '[]', '{{}}',
       2 + v * 37 % 5, pg_temp.moment(v, {conversations}), pg_temp.moment(v, {conversations}), 'met'
FROM generate_series(1::bigint, {conversations}) v;

-- messages
INSERT INTO messages (id, shop_id, conversation_id, customer_id, agent_id, order_id, merchant_id,
                      seq, author, author_name, text, entities, facts, created_at)
SELECT pg_temp.key('message', {n}, v * 8 + s, {conversations} * 8), '{shop}',
       pg_temp.key('conversation', {n}, v, {conversations}),
       pg_temp.key('customer', {n}, v * 7919 % {customers}, {customers}),
       CASE WHEN s > 2 AND s % 2 = 0 THEN pg_temp.key('grant', {n}, v * 13 % {agents}, 0) END,
       CASE WHEN s = 1 THEN pg_temp.key('order', {n}, v, {orders}) END,
       CASE WHEN s = 1 THEN pg_temp.merchant({n}, v, {merchants}) END,
       s, CASE WHEN s % 2 = 1 THEN 'customer' WHEN s = 2 THEN 'bot'
               WHEN v % 20 = 0 THEN 'note' ELSE 'agent' END,
       CASE WHEN s % 2 = 1 THEN '用户' ELSE '客服' END,
       (ARRAY['您好，我买的卡密提示已被使用，可以帮我看看吗？订单是昨天下的。',
              '已经付款二十分钟了还没有收到卡密，麻烦查一下。',
              '您好，已为您查询到订单，正在为您核实发货情况，请稍等片刻。',
              '好的，已经提交给技术同事处理，预计两小时内给您答复。',
              '请问什么时候能退款？',
              '充值一直没有到账，客服电话也打不通，再不处理我就投诉了！',
              '感谢您的耐心等待，问题已经处理好了，请重新登录后查看。'])[(v + s) * 11 % 7 + 1],
       '{{}}', '{{}}', pg_temp.moment(v * 8 + s, {conversations} * 8)
FROM generate_series(1::bigint, {conversations}) v, generate_series(1, 2 + v * 37 % 5) s;

-- tickets
INSERT INTO tickets (id, shop_id, conversation_id, customer_id, merchant_id, order_id, team_id,
                     owner_id, number, state, category, intent, priority, reasons, opened_by,
                     opened_at, due_at, deadline, solved_at, closed_at)
SELECT pg_temp.key('ticket', {n}, t, {tickets}), '{shop}',
       CASE WHEN t % 40 > 0 THEN pg_temp.key('conversation', {n}, v, {conversations}) END,
       pg_temp.key('customer', {n}, v * 7919 % {customers}, {customers}),
       CASE WHEN t % 7 > 0 THEN pg_temp.merchant({n}, v, {merchants}) END,
       CASE WHEN t % 7 > 0 THEN pg_temp.key('order', {n}, v, {orders}) END,
       pg_temp.key('team', {n}, kind % 5, 0),
       CASE WHEN NOT waits OR t % 5 > 0 THEN pg_temp.key('grant', {n}, v * 13 % {agents}, 0) END,
       pg_temp.number(t), CASE WHEN waits AND luck % 4 = 0 THEN 'pending' WHEN waits THEN 'open'
                               WHEN luck % 10 = 0 THEN 'solved' ELSE 'closed' END,
       (ARRAY{categories})[kind + 1], (ARRAY{intents})[kind + 1],
       (ARRAY[0, 0, 1, 1, 1, 1, 1, 2, 2, 3])[t * 7 % 10 + 1], '[]', 'system:bot', at,
       at + interval '4 hours', CASE WHEN NOT waits THEN 'met' ELSE
           (ARRAY['running', 'warned', 'breached'])[t % 3 + 1] END,
       CASE WHEN NOT waits THEN at + interval '1 hour' END,
       CASE WHEN NOT waits AND luck % 10 > 0 THEN at + interval '2 hours' END
FROM (
    SELECT t, t + (t - 1) / 10 AS v, t * 17 % {kinds} AS kind, luck,
           pg_temp.moment(t, {tickets}) AS at,
           CASE WHEN t > {tickets} - {tickets} / 10 THEN luck < 400 ELSE luck < 15 END AS waits
    FROM (SELECT t, ('x' || substr(md5(t::text), 1, 7))::bit(28)::int % 1000 AS luck
          FROM generate_series(1::bigint, {tickets}) t) lots
) drawn;
