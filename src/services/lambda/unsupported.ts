import { notSupported } from './errors.ts'
import type { LambdaInput } from './types.ts'

/** What creating and changing a function share of what lambdad does not carry out. */
type Settings = Pick<LambdaInput<'CreateFunction'>, 'VpcConfig' | 'KMSKeyArn' | 'TracingConfig'>

/**
 * Refuses, by name, every setting that would change nothing here. Those that ask for nothing (an empty list) are what there is anyway.
 */
export function refuseUnsupportedSettings(input: Settings): void {
  const { VpcConfig, TracingConfig } = input
  if (VpcConfig?.SubnetIds?.length || VpcConfig?.SecurityGroupIds?.length) throw notSupported('VpcConfig')
  if (VpcConfig?.Ipv6AllowedForDualStack) throw notSupported('VpcConfig.Ipv6AllowedForDualStack')
  if (input.KMSKeyArn) throw notSupported('KMSKeyArn')
  if (TracingConfig?.Mode === 'Active') throw notSupported('TracingConfig with Mode Active')
}
