export { TarError, type TarRefusal } from './error.ts'
export { readTar, type TarEntry, type TarItem } from './read.ts'
export { type Allowance, unpackLayer } from './unpack.ts'
