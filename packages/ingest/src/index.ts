/**
 * middy middlewares that validate HTTP writes and answer 202 once a queue has confirmed them.
 *
 * @module
 */
export { type BodyLimitOptions, bodyLimit } from './body-limit.ts'
export { bulkBodyParser } from './bulk-body-parser.ts'
export { enqueue } from './enqueue.ts'
export { enqueueMany } from './enqueue-many.ts'
export {
  HttpError,
  type HttpErrorOptions,
  type ItemAnswer,
  type RequestIssue,
  type RequestPart,
} from './http-error.ts'
export type { HttpContext, HttpEvent } from './http-event.ts'
export { asAnswer, type HttpResponse } from './http-response.ts'
export type { ShownIssue } from './issue-list.ts'
export type { EnqueueManyOptions, EnqueueOptions } from './options.ts'
export type { PartSchema } from './part-schema.ts'
export { type Problem, type ProblemAnswer, toProblem } from './problem.ts'
export { type ProblemDetailsOptions, problemDetails } from './problem-details.ts'
export { type StatusOptions, status } from './status.ts'
export { type PartOutput, type Valid, type ValidateOptions, validate } from './validate.ts'
export type { RejectedItem } from './validated.ts'
