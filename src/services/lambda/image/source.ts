import type { Descriptor } from './manifest.ts'

/** Where an image comes from. What goes wrong is an `ImageError`. */
export interface ImageSource {
  /** The document that the URI names: a manifest or an index of them. */
  top(): Promise<Buffer>
  /** A manifest of an index. Whoever asks compares the digest. */
  manifest(descriptor: Descriptor): Promise<Buffer>
  /** A configuration or a layer; likewise. */
  blob(descriptor: Descriptor): Promise<AsyncIterable<Uint8Array>>
  close(): Promise<void>
}
