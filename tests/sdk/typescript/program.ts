// A client of the demo, written against what @hey-api/openapi-ts generates and nothing else. Each
// step asserts what it was answered and prints one line. `cargo xtask contract` compiles and runs
// it; docs/CLIENTS.md takes its examples from here.

import { strict as assert } from 'node:assert';
import { createClient, createConfig } from './client/client/index.js';
import {
  createExchange,
  deleteExchange,
  getExchange,
  getMe,
  getPartnership,
  listChanges,
  listPartnerships,
  listPlaces,
  transitionPartnership,
  updateExchange,
} from './client/index.js';
import type { ExchangeInput, Partnership, Place, Problem } from './client/index.js';

const url = process.env['POBRATIM_URL'] ?? 'http://127.0.0.1:8080';
const key = process.env['POBRATIM_KEY'] ?? '';
const client = createClient(createConfig({ baseUrl: url, auth: key }));

const step = (text: string): void => console.log(text);

/** What was answered, or the problem as an exception. */
function told<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.error !== undefined) throw new Error(`${answer.error.code}: ${answer.error.detail}`);
  assert(answer.data !== undefined);
  return answer.data;
}

/** The ETag of an answer: what a change of that record sends as If-Match. */
function etag(response: Response | undefined): string {
  const value = response?.headers.get('ETag');
  assert(value);
  return value;
}

/** Every partnership, page by page. */
async function* partnerships(): AsyncGenerator<Partnership> {
  let cursor: string | undefined;
  do {
    const page = told(await listPartnerships({ client, query: { limit: 5, sort: '-created_at', ...(cursor && { cursor }) } }));
    yield* page.items;
    cursor = page.page.next_cursor;
  } while (cursor !== undefined);
}

async function main(): Promise<void> {
  const me = told(await getMe({ client }));
  assert.equal(me.role, 'admin');
  step(`me: ${me.role} of ${me.municipality}`);

  const counted = told(await listPartnerships({ client, query: { limit: 1 }, headers: { Prefer: 'count=exact' } }));
  const seen = new Set<string>();
  for await (const tie of partnerships()) seen.add(tie.id);
  assert(seen.size > 5);
  assert.equal(seen.size, counted.page.total);
  step(`list: ${seen.size} partnerships on pages of 5, each once`);

  const some = told(await listPartnerships({ client, query: { stage: ['active', 'negotiation_agreed'], expand: ['places'] } }));
  const stages = new Set(some.items.map((tie) => tie.stage));
  assert.deepEqual([...stages].sort(), ['active', 'negotiation_agreed']);
  assert((some.included?.places ?? []).length > 0);
  step(`filter: ${some.items.length} partnerships in two stages, ${some.included?.places?.length} places along with them`);

  const found = told(await listPlaces({ client, query: { q: '黑河' } }));
  const heihe: Place | undefined = found.items[0];
  assert(heihe !== undefined && found.items.length === 1);
  const home = told(await listPlaces({ client, query: { q: 'Благовещенск' } })).items.find((place) => place.ref === 'PLA-0001');
  assert(home !== undefined);
  const name = heihe.names.find((one) => one.lang === 'ru')?.text;
  step(`search: 黑河 is ${name}, ${heihe.ref}`);

  const { data: tie, response } = await getPartnership({ client, path: { partnership_id: 'PAR-0001' } });
  assert(tie !== undefined);
  const known: string = tie.municipality;
  const unchanged = await getPartnership({ client, path: { partnership_id: tie.id }, headers: { 'If-None-Match': etag(response) } });
  assert.equal(unchanged.response?.status, 304);
  step(`get: ${tie.ref} of ${known} with an ETag; asked again, it is not sent twice`);

  const body: ExchangeInput = {
    title: { ru: 'Делегация в Хэйхэ', en: 'Delegation to Heihe', zh: '访问黑河市代表团' },
    direction: 'outgoing',
    audience: 'officials',
    period: '2011-10',
    origin: home.id,
    destination: heihe.id,
    partnerships: [tie.id],
    notes: 'To be checked.',
    visibility: 'public',
  };
  const headers = { 'Idempotency-Key': crypto.randomUUID() };
  const made = await createExchange({ client, body, headers });
  const again = await createExchange({ client, body, headers });
  const exchange = told(made);
  assert.equal(made.response?.status, 201);
  assert.equal(told(again).id, exchange.id);
  assert.equal(again.response?.headers.get('Idempotent-Replayed'), 'true');
  assert.equal(exchange.state, 'proposed');
  step(`create: ${exchange.ref}; the same request again gives the same record`);

  const path = { exchange_id: exchange.id };
  const first = etag(made.response);
  const changed = await updateExchange({
    client,
    path,
    headers: { 'If-Match': first },
    body: { results: { en: 'A protocol on schools.', zh: '关于学校的议定书' }, notes: null },
  });
  const after = told(changed);
  assert.equal(after.version, exchange.version + 1);
  assert.deepEqual(after.results, { en: 'A protocol on schools.', zh: '关于学校的议定书' });
  assert(!('notes' in after));
  assert.deepEqual(after.title, body.title);
  step('patch: one member set, one removed with null, the others as they were');

  const stale = await updateExchange({ client, path, headers: { 'If-Match': first }, body: { highlight: true } });
  const problem: Problem | undefined = stale.error;
  assert(problem !== undefined);
  assert.deepEqual([problem.status, problem.code, stale.data], [412, 'stale', undefined]);
  step(`stale: ${problem.status} ${problem.code}, ${problem.detail}`);

  const wrong = await createExchange({ client, body: { ...body, direction: 'incoming', period: '2011-13' } });
  assert.equal(wrong.error?.code, 'invalid_body');
  assert.deepEqual(wrong.error.errors?.map((fault) => fault.pointer), ['/period']);
  step(`invalid: ${wrong.error.errors?.[0]?.pointer} ${wrong.error.errors?.[0]?.code}`);

  const dangjin = { partnership_id: 'PAR-0005' };
  const current = await getPartnership({ client, path: dangjin });
  const move = (to: Partnership['stage'], tag: string) =>
    transitionPartnership({ client, path: dangjin, headers: { 'If-Match': tag }, body: { to, on: '2011-12' } });
  const refused = await move('concluded', etag(current.response));
  assert.deepEqual([refused.error?.code, refused.error?.state?.to], ['invalid_state', 'concluded']);
  assert(refused.error?.state?.allowed.includes('negotiating'));
  const moved = told(await move('negotiating', etag(current.response)));
  assert.equal(moved.stage, 'negotiating');
  step(`transition: PAR-0005 cannot be concluded yet, and is ${moved.stage} now`);

  const gone = await deleteExchange({ client, path, headers: { 'If-Match': etag(changed.response) } });
  assert.equal(gone.response?.status, 204);
  const missing = await getExchange({ client, path });
  assert.equal(missing.error?.code, 'not_found');
  step(`delete: ${exchange.ref} is gone`);

  const feed = told(await listChanges({ client, query: { limit: 200, collection: ['exchanges', 'partnerships'] } }));
  const mine = feed.items.filter((change) => change.record_id === exchange.id);
  assert.deepEqual(mine.map((change) => change.action), ['create', 'update', 'delete']);
  assert(feed.page.next_cursor !== undefined);
  step(`changes: ${mine.map((change) => change.event).join(', ')}`);
}

await main();
