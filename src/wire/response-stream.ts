/** Takes the response of one invocation as the runtime makes it. Calls come in order; after the outcome there are none. */
export interface ResponseStream {
  /** A response that has more bytes ends there, with `Function.ResponseSizeTooLarge`. */
  readonly bytesMax: number
  /** A streamed response begins. Where this was not called, the outcome has the response whole. */
  begin(contentType: string): void
  /** Where this returns a promise the taker is full: no more is read from the runtime until it resolves. */
  write(bytes: Uint8Array): Promise<void> | undefined
}
