import ts from 'typescript'

/** A line that the code writes to a log. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  /** Its text, with `…` for what differs from line to line; `undefined` where all of it does. */
  readonly message: string | undefined
  /** The names of its fields, in the order of the code. */
  readonly fields: readonly string[]
}

/** The lines that a source writes: calls of `info`, `warn` and `error` of whatever is called a logger. */
export function logLinesIn(source: string): readonly LogLine[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true)
  const lines: LogLine[] = []
  function visit(node: ts.Node): void {
    const line = ts.isCallExpression(node) ? toLine(node, file) : undefined
    if (line !== undefined) lines.push(line)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return lines
}

function toLine(
  { expression, arguments: [message, fields] }: ts.CallExpression,
  file: ts.SourceFile,
): LogLine | undefined {
  if (!ts.isPropertyAccessExpression(expression) || message === undefined) return undefined
  const level = expression.name.text
  if (level !== 'info' && level !== 'warn' && level !== 'error') return undefined
  if (!/logger$/i.test(expression.expression.getText(file))) return undefined
  return {
    level,
    message: textOf(message, file),
    fields: [...new Set(fields === undefined ? [] : fieldsOf(fields, file))],
  }
}

/** The text of a string or a template, or of the variable that holds it. */
function textOf(node: ts.Expression, file: ts.SourceFile): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isIdentifier(node)) {
    const [value] = initializersOf(node.text, file)
    return value === undefined ? undefined : textOf(value, file)
  }
  if (!ts.isTemplateExpression(node)) return undefined
  const text = node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')
  return /\w/.test(text) ? text : undefined
}

/** The names of the properties of an object, with those of what is spread into it where the same file says what that is. */
function fieldsOf(node: ts.Node, file: ts.SourceFile): readonly string[] {
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.flatMap((property) => {
      if (ts.isSpreadAssignment(property)) return fieldsOf(property.expression, file)
      return property.name === undefined ? [] : property.name.getText(file)
    })
  }
  if (ts.isParenthesizedExpression(node)) return fieldsOf(node.expression, file)
  if (ts.isBinaryExpression(node)) return fieldsOf(node.right, file)
  if (ts.isConditionalExpression(node))
    return [node.whenTrue, node.whenFalse].flatMap((one) => fieldsOf(one, file))
  if (ts.isIdentifier(node)) return fieldsOfName(node.text, file)
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression))
    return fieldsOfName(node.expression.text, file)
  return []
}

/** The fields of a variable, or of what a function returns. */
function fieldsOfName(name: string, file: ts.SourceFile): readonly string[] {
  return initializersOf(name, file).flatMap((value) => fieldsOf(value, file))
}

/** The values of the variables of a name, and what the functions of that name return. */
function initializersOf(name: string, file: ts.SourceFile): readonly ts.Expression[] {
  const found: ts.Expression[] = []
  function visit(node: ts.Node): void {
    if (ts.isVariableDeclaration(node) && node.name.getText(file) === name && node.initializer) {
      found.push(node.initializer)
    }
    if (ts.isFunctionDeclaration(node) && node.name?.text === name) {
      for (const statement of node.body?.statements ?? []) {
        if (ts.isReturnStatement(statement) && statement.expression) found.push(statement.expression)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}
