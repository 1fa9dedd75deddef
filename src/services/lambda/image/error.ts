/** AWS's reason codes for a version whose image cannot be had. */
export type ImageFault = 'InvalidImage' | 'ImageAccessDenied' | 'ImageDeleted' | 'InternalError'

/** Why an image cannot be had, in words for the function's owner. */
export class ImageError extends Error {
  readonly fault: ImageFault

  constructor(fault: ImageFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ImageError'
    this.fault = fault
  }
}

export function missingImage(uri: string, cause?: unknown): ImageError {
  return new ImageError('ImageDeleted', `Source image ${uri} does not exist. Provide a valid source image.`, {
    cause,
  })
}

export function invalidImage(uri: string, why: string, cause?: unknown): ImageError {
  const text = `Source image ${uri} is not valid. Provide a valid source image. (${why})`
  return new ImageError('InvalidImage', text, { cause })
}

export function deniedImage(uri: string, why: string): ImageError {
  return new ImageError(
    'ImageAccessDenied',
    `Lambda does not have permission to access the image ${uri}. (${why})`,
  )
}
