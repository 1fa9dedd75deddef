import { invalidParameter } from '../errors.ts'
import type { Configuration, ImageConfig } from '../function.ts'
import type { LambdaInput, LambdaOutput } from '../types.ts'

type Shown = NonNullable<
  NonNullable<LambdaOutput<'GetFunctionConfiguration'>['ImageConfigResponse']>['ImageConfig']
>

/** What the caller gave, as it is kept; an empty one takes away what was there. */
export function readImageConfig(
  input: NonNullable<LambdaInput<'CreateFunction'>['ImageConfig']>,
): ImageConfig | undefined {
  const config: ImageConfig = {
    ...(input.EntryPoint?.length && { entryPoint: [...input.EntryPoint] }),
    ...(input.Command?.length && { command: [...input.Command] }),
    ...(input.WorkingDirectory && { workingDirectory: input.WorkingDirectory }),
  }
  const texts = [...(config.entryPoint ?? []), ...(config.command ?? []), config.workingDirectory ?? '']
  if (texts.some((text) => text.includes('\0')))
    throw invalidParameter('ImageConfig holds a text with a NUL.')
  return Object.keys(config).length === 0 ? undefined : config
}

export function showImageConfig({ entryPoint, command, workingDirectory }: ImageConfig): Shown {
  return {
    ...(entryPoint && { EntryPoint: [...entryPoint] }),
    ...(command && { Command: [...command] }),
    ...(workingDirectory && { WorkingDirectory: workingDirectory }),
  }
}

/** `configuration` with what `input` says of the image's settings. */
export function withImageConfig(
  configuration: Configuration,
  input: LambdaInput<'CreateFunction'>['ImageConfig'],
): Configuration {
  if (input === undefined) return configuration
  const { imageConfig: _, ...rest } = configuration
  const imageConfig = readImageConfig(input)
  return { ...rest, ...(imageConfig && { imageConfig }) }
}

type Given = Pick<
  LambdaInput<'CreateFunction'>,
  'Runtime' | 'Handler' | 'Layers' | 'ImageConfig' | 'SnapStart'
>

/** Refuses settings of packages for an image, and those of images for a package. */
export function refuseOtherPackageType(input: Given, isImage: boolean): void {
  const { Runtime, Handler, Layers, ImageConfig } = input
  if (!isImage && ImageConfig !== undefined && readImageConfig(ImageConfig) !== undefined) {
    throw invalidParameter("Please don't provide ImageConfig when the intended function PackageType is ZIP.")
  }
  if (isImage && (Runtime ?? Handler ?? (Layers?.length ? Layers : undefined)) !== undefined) {
    throw invalidParameter(
      "Please don't provide Handler or Runtime or Layer when the intended function PackageType is IMAGE.",
    )
  }
}
