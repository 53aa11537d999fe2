/** Stands for an item of a bulk request whose text is not JSON. Only this item is rejected. */
export class MalformedItem {
  readonly detail: string

  constructor(detail: string) {
    this.detail = detail
  }
}
