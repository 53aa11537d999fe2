/** In the place of an item of a bulk request whose text is not JSON. It costs only itself. */
export class MalformedItem {
  readonly detail: string

  constructor(detail: string) {
    this.detail = detail
  }
}
