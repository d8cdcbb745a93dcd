const LONGEST = 60;

/** A name and what is known beside, such as `Fetch: topicId 1, start 0`; the field `hidden` goes without saying. */
export function inWords(name: string, fields: Readonly<Record<string, unknown>>, hidden?: string): string {
  const said = Object.entries(fields)
    .filter(([field]) => field !== hidden)
    .map(([field, value]) => `${field} ${shown(value)}`);
  return said.length === 0 ? name : `${name}: ${said.join(', ')}`;
}

function shown(value: unknown): string {
  const text = whole(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function whole(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(whole).join(',')}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
