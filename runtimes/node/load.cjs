'use strict'
// From a handler string to the function: `folder/module.export.nested`.

const { existsSync, readFileSync } = require('node:fs')
const path = require('node:path')
const errors = require('./errors.cjs')

/** The node_modules with the AWS SDK, where there is one. */
let sdk

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming')

/** The Node version from which Lambda runs TypeScript, by Node's own type stripping. */
const TYPESCRIPT_SINCE = 24

/**
 * Loads the function's module and finds its handler. Rejects with the runtime's errors, in Lambda's words, or
 * with whatever the module threw.
 */
async function load(taskRoot, handlerName, modern) {
  sdk = process.env.LAMBDAD_SDK
  Reflect.deleteProperty(process.env, 'LAMBDAD_SDK')
  useCompiled(process.env)
  if (handlerName.includes('..')) {
    throw new errors.MalformedHandlerName(
      `'${handlerName}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    )
  }
  const name = path.basename(handlerName)
  const folder = handlerName.slice(0, handlerName.indexOf(name))
  const match = /^([^.]*)\.(.*)$/.exec(name)
  if (match === null) throw new errors.MalformedHandlerName('Bad handler')

  const loaded = await loadModule(taskRoot, folder, match[1])
  const handler = find(loaded, match[2]) ?? (modern ? find(loaded?.default, match[2]) : undefined)
  if (!handler) throw new errors.HandlerNotFound(`${handlerName} is undefined or not exported`)
  if (typeof handler !== 'function') throw new errors.HandlerNotFound(`${handlerName} is not a function`)
  if (handler[STREAMING] && handler[STREAMING] !== 'response') {
    throw new errors.MalformedStreamingHandler('Only response streaming is supported.')
  }
  refuseCallbacks(handler, modern)
  return handler
}

/** What was compiled ahead (compile.cjs), where the function has no such folder of its own. */
function useCompiled(env) {
  const folder = env.LAMBDAD_COMPILED
  if (folder === undefined) return
  Reflect.deleteProperty(env, 'LAMBDAD_COMPILED')
  if (env.NODE_COMPILE_CACHE === undefined) require('node:module').enableCompileCache(folder)
}

function refuseCallbacks(handler, modern) {
  if (!modern || handler.length < 3 || handler[STREAMING]) return
  throw new errors.CallbackHandlerDeprecated(
    'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
  )
}

function find(value, dotted) {
  let found = value
  for (const key of dotted.split('.')) found = found?.[key]
  return found
}

async function loadModule(taskRoot, folder, name) {
  try {
    const file = path.resolve(taskRoot, folder, name)
    for (const attempt of attempts(file)) {
      if (existsSync(attempt.path)) return await attempt.open(attempt.path)
    }
    // A module of a layer, or one that the function brings in node_modules.
    return require(require.resolve(name, { paths: [taskRoot, path.join(taskRoot, folder)] }))
  } catch (error) {
    if (error instanceof SyntaxError) throw syntaxError(error)
    if (error?.code === 'MODULE_NOT_FOUND') throw new errors.ImportModuleError(error)
    throw error
  }
}

/** The files that may be meant, in Lambda's order. */
function* attempts(file) {
  yield { path: file, open: requireFile }
  const isModule = isInModulePackage(path.dirname(file))
  yield { path: `${file}.js`, open: isModule ? importFile : requireFile }
  yield { path: `${file}.mjs`, open: importFile }
  yield { path: `${file}.cjs`, open: requireFile }
  if (Number(process.versions.node.split('.')[0]) < TYPESCRIPT_SINCE) return
  yield { path: `${file}.ts`, open: isModule ? importFile : requireFile }
  yield { path: `${file}.mts`, open: importFile }
  yield { path: `${file}.cts`, open: requireFile }
}

function requireFile(file) {
  try {
    return require(file)
  } catch (error) {
    // An ES module by its syntax, that awaits at its top level.
    if (error?.code === 'ERR_REQUIRE_ASYNC_MODULE') return importFile(file)
    throw error
  }
}

function importFile(file) {
  offerSdk()
  return import(require('node:url').pathToFileURL(file).href)
}

let offered = false

/** Imports do not read NODE_PATH: what neither the function nor its folder has may be of the SDK that is there. */
function offerSdk() {
  const { registerHooks } = require('node:module')
  if (sdk === undefined || offered || registerHooks === undefined) return
  offered = true
  const parentURL = require('node:url').pathToFileURL(`${sdk}/none.js`).href
  registerHooks({
    resolve(specifier, context, next) {
      if (!/^@(aws-sdk|smithy)\//.test(specifier)) return next(specifier, context)
      try {
        return next(specifier, context)
      } catch (error) {
        if (error?.code !== 'ERR_MODULE_NOT_FOUND' && error?.code !== 'MODULE_NOT_FOUND') throw error
        return next(specifier, { ...context, parentURL })
      }
    },
  })
}

/** Whether the nearest package.json says `"type": "module"`. */
function isInModulePackage(folder) {
  if (folder.endsWith('/node_modules')) return false
  const file = path.join(folder, 'package.json')
  if (existsSync(file)) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'))?.type === 'module'
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error)
      return false
    }
  }
  return folder === '/' ? false : isInModulePackage(path.dirname(folder))
}

/** With the stack of the original, whose first lines tell the place in the file. */
function syntaxError(original) {
  const error = new errors.UserCodeSyntaxError(original)
  error.stack = original.stack
  return error
}

module.exports = { load, STREAMING }
