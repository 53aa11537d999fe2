import { readFile } from 'node:fs/promises'
import { parse, type ScalarTag } from 'yaml'

/** A resource of a template. */
export interface Resource {
  readonly Type: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any property.
  readonly Properties: any
}

/** A CloudFormation template with short functions in their long form: `!Ref X` is `{ Ref: 'X' }`. */
export interface Template {
  readonly Parameters: Readonly<Record<string, unknown>>
  readonly Globals: { readonly Function: Resource['Properties'] }
  readonly Resources: Readonly<Record<string, Resource>>
}

const shortFunctions: ScalarTag[] = [
  { tag: '!Ref', resolve: (name) => ({ Ref: name }) },
  { tag: '!Sub', resolve: (text) => ({ 'Fn::Sub': text }) },
  { tag: '!GetAtt', resolve: (path) => ({ 'Fn::GetAtt': path.split('.') }) },
]

/** Reads a template from a file. */
export async function readTemplate(path: string): Promise<Template> {
  return parse(await readFile(path, 'utf8'), { customTags: shortFunctions, strict: true })
}

/** The resources of a type. */
export function of(template: Template, type: string): readonly Resource[] {
  return Object.values(template.Resources).filter(({ Type }) => Type === type)
}

/** A function by its name in the app. */
export function functionOf(template: Template, name: string): Resource {
  const found = of(template, 'AWS::Serverless::Function').find(
    ({ Properties }) => Properties.CodeUri === `.build/${name}`,
  )
  if (found === undefined) throw new Error(`the template has no function ${name}`)
  return found
}

/** The app's name for a resource. In the template the name of the stack precedes it. */
export function nameOf(name: { readonly 'Fn::Sub': string }): string {
  return name['Fn::Sub'].replace(/^\$\{AWS::StackName\}-/, '')
}

/** The app's name for the queue with an ARN. */
export function queueOf(template: Template, arn: { readonly 'Fn::GetAtt': readonly string[] }): string {
  return nameOf(template.Resources[arn['Fn::GetAtt'][0] ?? '']?.Properties.QueueName)
}

/** An environment variable with names instead of references. */
export function resolved(template: Template, value: unknown): unknown {
  const { Ref: ref, 'Fn::Sub': text } = Object(value) as { Ref?: string; 'Fn::Sub'?: string }
  if (ref === undefined) return text ?? value
  const { Type, Properties } = template.Resources[ref] ?? {}
  return Type === 'AWS::SQS::Queue'
    ? `queue ${nameOf(Properties.QueueName)}`
    : `stream ${nameOf(Properties.Name)}`
}
