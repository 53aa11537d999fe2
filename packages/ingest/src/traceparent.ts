const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * A `traceparent` in version 00. A later version is converted to it; an invalid value gives `undefined`.
 *
 * Source: W3C Trace Context, "traceparent Header" and "Versioning of traceparent".
 */
export function toTraceparent(value: string | undefined): string | undefined {
  const [, version, trace = '', parent = '', flags, more] = pattern.exec(value ?? '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(trace) || /^0+$/.test(parent)) return undefined
  return `00-${trace}-${parent}-${flags}`
}
