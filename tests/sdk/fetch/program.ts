// A client of the demo with openapi-fetch: the types come from openapi-typescript, nothing else is
// generated. The first steps of ../typescript/program.ts, and a change.

import { strict as assert } from 'node:assert';
import createClient from 'openapi-fetch';
import type { components, paths } from './client/schema.js';

const baseUrl = process.env['POBRATIM_URL'] ?? 'http://127.0.0.1:8080';
const key = process.env['POBRATIM_KEY'] ?? '';
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

type Place = components['schemas']['Place'];
type Problem = components['schemas']['Problem'];

const places = new Map<string, Place>();
let cursor: string | undefined;
do {
  const { data, error } = await client.GET('/v1/places', { params: { query: { limit: 10, ...(cursor && { cursor }) } } });
  if (error !== undefined) throw new Error(`${error.code}: ${error.detail}`);
  for (const place of data.items) places.set(place.ref, place);
  cursor = data.page.next_cursor;
} while (cursor !== undefined);
assert(places.size > 10);
console.log(`list: ${places.size} places on pages of 10`);

const path = { place_id: 'PLA-0004' };
const read = await client.GET('/v1/places/{place_id}', { params: { path } });
const tag = read.response.headers.get('ETag') ?? '';
const change = (body: components['schemas']['PlacePatch']) =>
  client.PATCH('/v1/places/{place_id}', {
    params: { path, header: { 'If-Match': tag } },
    // Left alone it sends application/json, which a merge patch is not.
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body,
  });
const changed = await change({ population: null, notes: 'Seen.' });
assert.equal(changed.data?.notes, 'Seen.');
assert.equal(changed.data.population, undefined);
console.log(`patch: ${changed.data.ref} is at version ${changed.data.version}`);

const stale: Problem | undefined = (await change({ notes: 'Again.' })).error;
assert.equal(stale?.code, 'stale');
console.log(`stale: ${stale.status} ${stale.code}`);
