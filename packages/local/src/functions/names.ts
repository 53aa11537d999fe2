/** The ARN of a local function. */
export function arnOf(name: string, region: string): string {
  return `arn:aws:lambda:${region}:000000000000:function:${name}`
}

/** The CloudWatch log group that the function would have. */
export function logGroupOf(name: string): string {
  return `/aws/lambda/${name}`
}
