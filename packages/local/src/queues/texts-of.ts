/**
 * Selects the message attributes that are texts or numbers. The result has no prototype, because the names come from
 * clients.
 */
export function textsOf(
  attributes: Readonly<Record<string, { readonly StringValue?: string }>>,
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = Object.create(null)
  for (const [name, { StringValue }] of Object.entries(attributes)) {
    if (StringValue !== undefined) texts[name] = StringValue
  }
  return texts
}
