// Configs as values: how two differ, and how one becomes another. None is ever changed itself.

import { at } from './pointer.js';

export const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** Reports whether two JSON values are the same; the order of members is no matter. */
export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  );
}

/** Gives a value with a member set, or removed if it is undefined. */
export function changed(value, path, member) {
  if (path.length === 0) return member;
  const [step, ...rest] = path;
  const list = Array.isArray(value) || (value === undefined && /^\d+$/.test(step));
  const copy = list ? [...(value ?? [])] : isObject(value) ? { ...value } : {};
  const inner = changed(at(value, [step]), rest, member);
  if (inner !== undefined) copy[step] = inner;
  else if (Array.isArray(copy)) copy.splice(Number(step), 1);
  else delete copy[step];
  return copy;
}

/** The changes {path, value} that make one value another, in an order in which they can be made. */
export function differences(before, want, path = []) {
  if (same(before, want)) return [];
  if (Array.isArray(before) && Array.isArray(want)) return listDifferences(before, want, path);
  if (!isObject(before) || !isObject(want)) return [{ path, value: want }];
  const names = new Set([...Object.keys(before), ...Object.keys(want)]);
  return [...names].flatMap((name) => {
    if (!Object.hasOwn(before, name)) return [{ path: [...path, name], value: want[name] }];
    return Object.hasOwn(want, name)
      ? differences(before[name], want[name], [...path, name])
      : [{ path: [...path, name], value: undefined }];
  });
}

function listDifferences(before, want, path) {
  const to = (i) => [...path, String(i)];
  const first = before.findIndex((value, i) => !same(value, want[i]));
  const others = before.filter((_, i) => i !== first);
  if (before.length === want.length + 1 && same(others, want)) return [{ path: to(first), value: undefined }];
  const both = Math.min(before.length, want.length);
  return [
    ...want.slice(0, both).flatMap((value, i) => differences(before[i], value, to(i))),
    ...want.slice(both).map((value, i) => ({ path: to(both + i), value })),
    ...before.slice(both).map((_, i) => ({ path: to(before.length - 1 - i), value: undefined })), // the last one first
  ];
}

/** Gives a value with its members in the order that they have in another. */
export function inOrderOf(other, value) {
  if (Array.isArray(value)) return value.map((item, i) => inOrderOf(at(other, [i]), item));
  if (!isObject(value)) return value;
  const names = isObject(other) ? Object.keys(other).filter((name) => Object.hasOwn(value, name)) : [];
  const all = [...new Set([...names, ...Object.keys(value)])];
  return Object.fromEntries(all.map((name) => [name, inOrderOf(at(other, [name]), value[name])]));
}
