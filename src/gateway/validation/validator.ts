import type { ServiceDefinition } from '../../aws/service.ts'
import { malformedXml, serializationError } from '../errors.ts'
import { requiredCountOf, type Schema, traitsOf, tupleOf } from '../model/schema.ts'
import type { Constraint, Constraints } from './constraints.ts'
import { type Found, Problems } from './problems.ts'
import { type Rule, rulesOf } from './rules.ts'
import { expectList, expectObject, typeCheckOf } from './types.ts'

/** Looks at one value: throws where its type is wrong, adds to `problems` where a constraint is not met. */
type Check = (value: unknown, path: string, problems: Problems) => void

interface MemberCheck {
  readonly name: string
  /** AWS's messages begin members with a small letter. */
  readonly pathName: string
  readonly isRequired: boolean
  readonly check: Check
}

const anything: Check = () => {}

/** Services that say so of every list whose leaves they refuse. */
const LISTS_HAVE_NO_NULLS: ReadonlySet<string> = new Set(['lambda', 'iam'])

/** A service's checks: compiled for each operation when it is first called, shared between operations. */
export class Validator {
  readonly #definition: ServiceDefinition
  readonly #constraints: Constraints
  readonly #structures = new Map<object, Check>()

  constructor(definition: ServiceDefinition, constraints: Constraints) {
    this.#definition = definition
    this.#constraints = constraints
  }

  /** Refuses `input` unless it fits `schema`: wrong types with SerializationException, the rest in one message. */
  validate(schema: Schema, input: unknown): void {
    if (!schema.isStructSchema()) return
    const problems = new Problems(this.#definition)
    try {
      this.#structureCheck(schema)(input, '', problems)
    } catch (error) {
      if (error instanceof RangeError) throw serializationError('The input is nested too deeply.', error)
      throw error
    }
    // The structures of S3 are XML, which it holds against its schema.
    if (problems.areInside && this.#definition.id === 's3') throw malformedXml()
    problems.throwAs(this.#definition.validationError ?? 'ValidationException')
  }

  #structureCheck(schema: Schema): Check {
    const tuple = tupleOf(schema)
    const known = this.#structures.get(tuple)
    if (known !== undefined) return known
    // Structures may hold themselves: the check is known before its members are compiled, at first use.
    let members: MemberCheck[] | undefined
    const isUnion = schema.isUnionSchema()
    const check: Check = (value, path, problems) => {
      expectObject(value)
      if (isUnion) expectOneMember(value, tuple[2])
      members ??= this.#memberChecks(schema)
      checkMembers(members, value, path, problems)
    }
    this.#structures.set(tuple, check)
    return check
  }

  #memberChecks(schema: Schema): MemberCheck[] {
    const constraints = this.#constraints[tupleOf(schema)[2]] ?? {}
    const requiredCount = requiredCountOf(schema)
    return [...schema.structIterator()].map(([name, member], index) => ({
      name,
      pathName: name.charAt(0).toLowerCase() + name.slice(1),
      isRequired: index < requiredCount,
      check: this.#checkOf(member, constraints[name] ?? {}),
    }))
  }

  #checkOf(schema: Schema, constraint: Constraint): Check {
    const inner = this.#innerCheck(schema, constraint)
    const rules = rulesOf(constraint, schema.isNumericSchema())
    if (rules.length === 0) return inner
    const isSecret = isSensitive(schema)
    return (value, path, problems) => {
      inner(value, path, problems)
      for (const rule of rules) {
        if (!rule.isMet(value)) problems.add({ value, path, isSecret }, rule.text)
      }
    }
  }

  #innerCheck(schema: Schema, constraint: Constraint): Check {
    if (schema.isStructSchema()) return schema.isStreaming() ? anything : this.#structureCheck(schema)
    if (schema.isListSchema()) return this.#listCheck(schema, constraint)
    if (schema.isMapSchema()) return this.#mapCheck(schema, constraint)
    return typeCheckOf(schema) ?? anything
  }

  #listCheck(schema: Schema, { member = {} }: Constraint): Check {
    const element = schema.getValueSchema()
    const check = this.#elementCheck(schema, element, member)
    const rules = isAggregate(element) ? [] : rulesOf(member, element.isNumericSchema())
    const isSecret = isSensitive(schema, element)
    return (value, path, problems) => {
      expectList(value)
      for (const [index, item] of value.entries()) check(item, `${path}.${index + 1}.member`, problems)
      this.#checkAll(value, rules, 'Member must satisfy constraint', { value, path, isSecret }, problems)
    }
  }

  #mapCheck(schema: Schema, { key = {}, value: held = {} }: Constraint): Check {
    const element = schema.getValueSchema()
    const check = this.#elementCheck(schema, element, held)
    const keyRules = rulesOf(key, false)
    const valueRules = isAggregate(element) ? [] : rulesOf(held, element.isNumericSchema())
    const isSecret = isSensitive(schema, schema.getKeySchema(), element)
    return (value, path, problems) => {
      expectObject(value)
      for (const [name, item] of Object.entries(value)) check(item, `${path}.${name}.member`, problems)
      const found = { value, path, isSecret }
      this.#checkAll(Object.keys(value), keyRules, 'Map keys must satisfy constraint', found, problems)
      this.#checkAll(Object.values(value), valueRules, 'Map value must satisfy constraint', found, problems)
    }
  }

  /** Leaves are checked for their type only: their constraints are told of the whole list or map. */
  #elementCheck(container: Schema, element: Schema, constraint: Constraint): Check {
    const check = isAggregate(element)
      ? this.#checkOf(element, constraint)
      : (typeCheckOf(element) ?? anything)
    if (!traitsOf(container).sparse) return check
    return (value, path, problems) => {
      if (value !== null && value !== undefined) check(value, path, problems)
    }
  }

  /** One bad leaf makes AWS show the whole list or map, and all that its leaves must be. */
  #checkAll(leaves: unknown[], rules: Rule[], says: string, found: Found, problems: Problems): void {
    if (leaves.every((leaf) => rules.every((rule) => rule.isMet(leaf)))) return
    const texts = rules.map((rule) => rule.text)
    if (LISTS_HAVE_NO_NULLS.has(this.#definition.id)) texts.push('Member must not be null')
    problems.add(found, `${says}: [${texts.join(', ')}]`)
  }
}

function checkMembers(
  members: MemberCheck[],
  value: Record<string, unknown>,
  path: string,
  problems: Problems,
): void {
  for (const { name, pathName, isRequired, check } of members) {
    const member = value[name]
    if (member === undefined && !isRequired) continue
    const memberPath = path === '' ? pathName : `${path}.${pathName}`
    if (member !== undefined) check(member, memberPath, problems)
    else problems.addAbsent(name, memberPath)
  }
}

function expectOneMember(value: Record<string, unknown>, name: string): void {
  const present = Object.keys(value).filter((key) => value[key] !== undefined && key !== '$unknown')
  if (present.length !== 1) throw serializationError(`Exactly one member of ${name} must be set.`)
}

function isAggregate(schema: Schema): boolean {
  return schema.isStructSchema() || schema.isListSchema() || schema.isMapSchema()
}

/** AWS's messages do not show what its models mark as sensitive. */
function isSensitive(...schemas: Schema[]): boolean {
  return schemas.some((schema) => traitsOf(schema).sensitive === 1)
}
