import { describe, expect, it } from 'vitest';
import { compileFilter } from './filter.rules.ts';

function matches(filter: unknown, payload: unknown): boolean {
  const compiled = compileFilter(filter);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.matches(payload);
}

const order = {
  status: 'paid',
  amount: 120,
  note: null,
  tags: ['urgent', 'eu'],
  customer: { country: 'DE', age: 30 },
  items: [
    { sku: 'A', quantity: 1, sizes: [1, 2] },
    { sku: 'B', quantity: 5 },
  ],
};

const table: [about: string, filter: unknown, payload: unknown, expected: boolean][] = [
  ['the empty filter matches anything', {}, order, true],
  ['equality holds', { status: 'paid' }, order, true],
  ['equality fails', { status: 'open' }, order, false],
  ['several fields are all needed', { status: 'paid', amount: 1 }, order, false],
  ['equality keeps types apart', { amount: '120' }, order, false],
  ['a dotted path reaches into objects', { 'customer.country': 'DE' }, order, true],
  ['an object is compared as a whole', { customer: { country: 'DE' } }, order, false],
  ['the order of keys does not matter', { customer: { age: 30, country: 'DE' } }, order, true],
  ['an array matches by one element', { tags: 'eu' }, order, true],
  ['an array matches as a whole', { tags: ['urgent', 'eu'] }, order, true],
  ['an array as a whole keeps its order', { tags: ['eu', 'urgent'] }, order, false],
  ['a path looks into arrays of objects', { 'items.sku': 'B' }, order, true],
  ['a path looks into arrays inside arrays of objects', { 'items.sizes': 2 }, order, true],
  ['a number picks an element', { 'items.1.sku': 'B' }, order, true],
  ['a number picks only that element', { 'items.0.sku': 'B' }, order, false],
  ['a number past the end is a missing field', { 'items.9': { $exists: false } }, order, true],
  ['a number is a key of an object', { 'byYear.2026': 1 }, { byYear: { '2026': 1 } }, true],
  ['a number is never a key of the objects of an array', { 'a.1': 'x' }, { a: [{ '1': 'x' }] }, false],
  ['a padded number is a name', { 'a.01': 'x' }, { a: ['y', 'x'] }, false],
  ['conditions on an array may be met by different elements', { 'items.sku': 'A', 'items.quantity': 5 }, order, true],
  ['arrays inside arrays are not looked into', { 'a.b': 1 }, { a: [[{ b: 1 }]] }, false],
  ['an index reaches into an array inside an array', { 'a.0.b': 1 }, { a: [[{ b: 1 }]] }, true],
  ['an array picked by an index matches by its elements', { 'a.0': 1 }, { a: [[1, 2]] }, true],
  ['null equals null', { note: null }, order, true],
  ['null equals a missing field', { absent: null }, order, true],
  ['null equals a field missing in one element', { 'items.sizes': null }, order, true],
  ['null is not met by an empty array on the way', { 'a.b': null }, { a: [] }, false],
  ['$eq', { amount: { $eq: 120 } }, order, true],
  ['$eq compares a value with operator-like keys', { a: { $eq: { $ref: 1 } } }, { a: { $ref: 1 } }, true],
  ['$ne holds', { status: { $ne: 'open' } }, order, true],
  ['$ne of a missing field holds', { absent: { $ne: 'open' } }, order, true],
  ['$ne fails when one element equals', { tags: { $ne: 'eu' } }, order, false],
  ['$in', { status: { $in: ['open', 'paid'] } }, order, true],
  ['$in with null takes a missing field', { absent: { $in: [null] } }, order, true],
  ['$in with an object', { customer: { $in: [{ country: 'DE', age: 30 }] } }, order, true],
  ['$in with an object meets scalars too', { status: { $in: [{ a: 1 }, 'paid'] } }, order, true],
  ['$in with a whole array', { tags: { $in: [['urgent', 'eu']] } }, order, true],
  ['an empty $in matches nothing', { status: { $in: [] } }, order, false],
  ['$nin', { tags: { $nin: ['us'] } }, order, true],
  ['$nin fails when one element is listed', { tags: { $nin: ['us', 'eu'] } }, order, false],
  ['$exists true takes null', { note: { $exists: true } }, order, true],
  ['$exists false', { absent: { $exists: false } }, order, true],
  ['$exists through an array', { 'items.sizes': { $exists: true } }, order, true],
  ['$exists through an array without the field', { 'items.colour': { $exists: true } }, order, false],
  ['$gt', { amount: { $gt: 119.5 } }, order, true],
  ['$gt excludes the bound', { amount: { $gt: 120 } }, order, false],
  ['$gte includes the bound', { amount: { $gte: 120 } }, order, true],
  ['$lt', { amount: { $lt: 120 } }, order, false],
  ['$lte', { amount: { $lte: 120 } }, order, true],
  ['a range is two operators', { amount: { $gte: 100, $lt: 200 } }, order, true],
  ['strings are ordered among strings', { at: { $gt: '2026-01-01' } }, { at: '2026-02-01T00:00:00Z' }, true],
  ['a number is not compared with a string', { amount: { $gt: '1' } }, order, false],
  ['a string is not compared with a number', { status: { $lt: 1 } }, order, false],
  ['null is not ordered', { note: { $lte: 0 } }, order, false],
  ['an order meets any element', { 'items.quantity': { $gt: 4 } }, order, true],
  ['$startsWith', { status: { $startsWith: 'pa' } }, order, true],
  ['$startsWith meets only strings', { amount: { $startsWith: '1' } }, order, false],
  ['$size', { items: { $size: 2 } }, order, true],
  ['$size does not count arrays inside the array', { v: { $size: 1 } }, { v: [[1], [2]] }, false],
  ['$elemMatch does not look into arrays inside the array', { v: { $elemMatch: { $eq: 1 } } }, { v: [[1]] }, false],
  ['$size of no array', { status: { $size: 4 } }, order, false],
  ['$elemMatch wants one element to meet all', { items: { $elemMatch: { sku: 'A', quantity: 5 } } }, order, false],
  ['$elemMatch holds', { items: { $elemMatch: { sku: 'B', quantity: { $gt: 2 } } } }, order, true],
  ['$elemMatch with $or', { items: { $elemMatch: { $or: [{ sku: 'Z' }, { sku: 'B' }] } } }, order, true],
  ['$elemMatch on plain values', { v: { $elemMatch: { $gt: 2, $lt: 4 } } }, { v: [1, 5] }, false],
  ['$elemMatch on plain values holds', { v: { $elemMatch: { $gt: 2, $lt: 4 } } }, { v: [1, 3] }, true],
  ['$elemMatch with $not', { v: { $elemMatch: { $not: { $gt: 2 } } } }, { v: [3, 4] }, false],
  ['$elemMatch with $nin', { v: { $elemMatch: { $nin: [3] } } }, { v: [3, 4] }, true],
  ['$elemMatch inside $elemMatch', { v: { $elemMatch: { $elemMatch: { b: 1 } } } }, { v: [[{ b: 1 }]] }, true],
  ['$elemMatch of no array', { status: { $elemMatch: { $eq: 'paid' } } }, order, false],
  ['$elemMatch with a filter passes over plain values', { v: { $elemMatch: { a: null } } }, { v: [1] }, false],
  ['$not', { amount: { $not: { $gt: 200 } } }, order, true],
  ['$not of several operators', { amount: { $not: { $gt: 100, $lt: 110 } } }, order, true],
  ['$not of $not', { amount: { $not: { $not: { $gt: 100 } } } }, order, true],
  ['$not of a missing field', { absent: { $not: { $gt: 1 } } }, order, true],
  ['$and', { $and: [{ status: 'paid' }, { amount: 120 }] }, order, true],
  ['$or', { $or: [{ status: 'open' }, { amount: 120 }] }, order, true],
  ['$nor', { $nor: [{ status: 'open' }, { amount: 120 }] }, order, false],
  ['groups stand beside fields', { status: 'paid', $or: [{ amount: 1 }, { tags: 'eu' }] }, order, true],
  ['an array as payload is looked into', { sku: 'A' }, [{ sku: 'A' }], true],
  ['an array as payload has indexes', { '1.sku': 'A' }, [{ sku: 'A' }], false],
  ['a payload without fields matches nothing', { sku: 'A' }, 'text', false],
  ['a payload without fields lacks every field', { sku: { $exists: false } }, undefined, true],
  ['an inherited name is no field', { constructor: { $exists: true } }, {}, false],
  ['an inherited name further down is no field', { 'a.toString.name': { $exists: true } }, { a: {} }, false],
  ['the length of an array is no field', { 'tags.length': { $exists: true } }, order, false],
  ['an own field may be called constructor', { constructor: 'Ferrari' }, { constructor: 'Ferrari' }, true],
];

describe('a filter', () => {
  it.each(table)('%s', (_about, filter, payload, expected) => {
    expect(matches(filter, payload)).toBe(expected);
  });

  it('does not change when the object it was compiled from does', () => {
    const filter = { customer: { country: 'DE' } };
    const compiled = compileFilter(filter);
    filter.customer.country = 'FR';
    expect(compiled.ok && compiled.matches({ customer: { country: 'DE' } })).toBe(true);
  });

  it('visits each value of a payload made to multiply the ways to it only once', () => {
    let payload: unknown = { end: 1 };
    for (let level = 0; level < 40; level++) payload = { '0': [payload] };
    const path = Array.from({ length: 32 }, () => '0').join('.');
    const startedAt = performance.now();
    expect(matches({ [path]: 'absent' }, payload)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('survives a payload nested far deeper than the stack', () => {
    let payload: unknown = 1;
    for (let level = 0; level < 200_000; level++) payload = [{ a: payload }];
    expect(matches({ 'a.a.a': { a: [{ a: 1 }] } }, payload)).toBe(false);
  });
});
