/**
 * middy middlewares that validate HTTP writes and answer 202 once a queue has confirmed them.
 *
 * @module
 */
export { type BodyLimitOptions, bodyLimit } from './body-limit.ts'
export { type EnqueueOptions, enqueue } from './enqueue.ts'
export type { HttpContext, HttpEvent, HttpResponse } from './http.ts'
export { HttpError, type HttpErrorOptions } from './http-error.ts'
export { type Problem, type ProblemAnswer, toProblem } from './problem.ts'
export { type ProblemDetailsOptions, problemDetails } from './problem-details.ts'
export { type Valid, type ValidateOptions, validate } from './validate.ts'
