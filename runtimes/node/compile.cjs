'use strict'
// Compiles the modules in folders, and runs none of them, into what `module.enableCompileCache` reads. No API of Node
// does the one without the other, so this is done by Node's internals (--expose-internals); where they are others than
// it knows, it fails, and modules are compiled at every cold start. Tells on stdout what it made
// (src/worker/compiled/unpack.ts): the files of Node's folder, and its name as `link`.
//
// Arguments: the node_modules with the AWS SDK for functions that bring none, or nothing; the folders.

const fs = require('node:fs')
const module_ = require('node:module')
const os = require('node:os')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { internalBinding } = require('internal/test/binding')
const { compileSourceTextModule } = require('internal/modules/esm/utils')
const { compileFunctionForCJSLoader } = internalBinding('contextify')

/** Compiling smaller modules takes no longer than reading what was made of them. */
const MODULE_BYTES_MIN = 1024
/** Beyond these a package holds more than a function would load. */
const SOURCE_BYTES_MAX = 64 * 1024 * 1024
const MODULES_MAX = 5000
const PROCESSOR_MS_MAX = 60_000

/** The sources, those near the top first: what is deep down is the least likely to be loaded. */
function* sources(folders) {
  const waiting = folders.map((folder) => ({ folder, type: undefined }))
  for (const { folder, type } of waiting) {
    let entries
    try {
      entries = fs.readdirSync(folder, { withFileTypes: true })
    } catch {
      continue
    }
    const own = entries.some(({ name }) => name === 'package.json') ? typeOf(folder) : type
    for (const entry of entries) {
      const file = path.join(folder, entry.name)
      // Scopes end at node_modules.
      if (entry.isDirectory())
        waiting.push({ folder: file, type: entry.name === 'node_modules' ? undefined : own })
      else if (entry.isFile() && /\.[cm]?js$/.test(entry.name)) yield { file, kind: kindOf(entry.name, own) }
    }
  }
}

/** What package.json says of its modules; `detect` where it says nothing. */
function typeOf(folder) {
  const { type } = packageOf(folder)
  return type === 'module' || type === 'commonjs' ? type : 'detect'
}

function packageOf(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) ?? {}
  } catch {
    return {}
  }
}

function kindOf(name, type = 'detect') {
  if (name.endsWith('.mjs')) return 'module'
  return name.endsWith('.cjs') ? 'commonjs' : type
}

const FROM_SDK = /(?:\brequire\(|\bfrom|\bimport\(?)\s*["'](@(?:aws-sdk|smithy)\/[a-z0-9-]+)/g

/** Packages of the SDK that the function loads. */
const mentioned = new Set()

/** Where the modules of those are, and of all that they need. */
function sdkFolders(sdk) {
  for (const name of mentioned) {
    for (const needed of Object.keys(packageOf(path.join(sdk, name)).dependencies ?? {}))
      mentioned.add(needed)
  }
  return [...mentioned].map((name) => {
    const folder = path.join(sdk, name)
    return path.dirname(path.join(folder, packageOf(folder).main ?? 'index.js'))
  })
}

/** What is returned is to be kept until Node has written it. */
function compile(file, source, kind) {
  if (kind !== 'module') {
    const compiled = compileFunctionForCJSLoader(source, file, false, kind === 'detect')
    if (!compiled.canParseAsESM) return compiled
  }
  return compileSourceTextModule(pathToFileURL(file).href, source, true)
}

let bytes = 0

function compileAll(folders, kept) {
  for (const { file, kind } of sources(folders)) {
    bytes += fs.statSync(file).size
    const { user, system } = process.cpuUsage()
    if (bytes > SOURCE_BYTES_MAX || kept.length === MODULES_MAX) return
    if ((user + system) / 1000 > PROCESSOR_MS_MAX) return
    const source = fs.readFileSync(file, 'utf8')
    for (const [, name] of source.matchAll(FROM_SDK)) mentioned.add(name)
    if (source.length < MODULE_BYTES_MIN) continue
    try {
      kept.push(compile(file, source, kind))
    } catch {
      // No JavaScript, or not of this kind: whoever loads it is told.
    }
  }
}

function tell(name, bytes) {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(bytes.length)
  write(Buffer.concat([Buffer.from([name.length]), Buffer.from(name), size, bytes]))
}

function write(bytes) {
  for (let written = 0; written < bytes.length; ) written += fs.writeSync(1, bytes, written)
}

os.setPriority(19)
const { directory } = module_.enableCompileCache(fs.mkdtempSync(path.join(os.tmpdir(), 'compiled-')))
const [sdk, ...folders] = process.argv.slice(2)
const compiled = []
compileAll(folders, compiled)
if (sdk !== '' && !folders.some((folder) => fs.existsSync(path.join(folder, 'node_modules/@aws-sdk')))) {
  compileAll(sdkFolders(sdk), compiled)
}
module_.flushCompileCache()
const made = module_.getCompileCacheDir() ?? directory
const files = compiled.length === 0 ? [] : fs.readdirSync(made)
for (const name of files) tell(name, fs.readFileSync(path.join(made, name)))
if (files.length > 0) tell('link', Buffer.from(path.basename(made)))
write(Buffer.from([0]))
