// Suggestions from the service's own JSON Schema. It is a plain schema of ours,
// so following properties, items and $ref is enough.

import { yamlPlace } from './yamlplace.js';
import { jsonPlace } from './jsonplace.js';

/** Follows a path of the document into the schema. */
export function schemaAt(schema, path) {
  const resolve = (node) => (node?.$ref ? { ...refOf(schema, node.$ref), ...node } : node);
  let node = resolve(schema);
  for (const step of path) {
    if (!node) return null;
    if (node.type === 'array' || node.items) node = resolve(node.items);
    else node = resolve(node.properties?.[step] ?? (typeof node.additionalProperties === 'object' ? node.additionalProperties : null));
  }
  return node;
}

const refOf = (schema, ref) => ref.split('/').slice(1).reduce((node, step) => node?.[step], schema);

function valuesOf(node) {
  if (!node) return [];
  if (node.type === 'boolean') return [true, false];
  return node.enum ?? [...new Set([...('default' in node ? [node.default] : []), ...(node.examples ?? [])])];
}

const quoteYAML = (value) =>
  typeof value !== 'string' || /^[A-Za-z/][\w ./-]*$|^https:\/\/[\w./-]+$/.test(value) ? String(value) : JSON.stringify(value);

function applyName(name, node, format, place) {
  if (format === 'json') return JSON.stringify(name) + (place.complete ? '' : ': ');
  if (place.complete) return name;
  return name + (node?.type === 'object' || node?.properties || node?.type === 'array' ? ':' : ': ');
}

/** Makes a completion source for a document in the format. */
export const schemaSource = (schema, format) => (context) => {
  const text = context.state.doc.toString();
  const place = (format === 'json' ? jsonPlace : yamlPlace)(text, context.pos);
  if (!place || (!context.explicit && place.from === context.pos)) return null;
  const node = schemaAt(schema(), place.path);
  if (place.kind === 'value') {
    const write = format === 'json' ? JSON.stringify : quoteYAML;
    const options = valuesOf(node).map((value) => ({ label: write(value), displayLabel: String(value), type: 'constant' }));
    return options.length > 0 ? { from: place.from, to: place.to, options } : null;
  }
  const names = Object.entries(node?.properties ?? {}).filter(([name]) => !place.present.includes(name));
  return {
    from: place.from,
    to: place.to,
    filter: true,
    options: names.map(([name, property]) => ({
      label: format === 'json' ? JSON.stringify(name) : name, // what was typed must be like it
      displayLabel: name,
      type: 'property',
      info: schemaAt(schema(), [...place.path, name])?.description ?? property.description,
      apply: applyName(name, schemaAt(schema(), [...place.path, name]), format, place),
    })),
  };
};
