/** An access key, and whom it speaks for. */
export interface AccessKey {
  readonly secretAccessKey: string
  readonly accountId: string
  /** The root of the account, a user, or an assumed role's session: `arn:aws:sts::…:assumed-role/r/s`. */
  readonly principalArn: string
  /** Temporary credentials are believed together with this only. */
  readonly sessionToken?: string
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number
}

/** Where access keys are looked up. */
export interface AccessKeys {
  /** `sessionToken` is what came with the request: keys that are kept nowhere are read out of it. */
  find(accessKeyId: string, sessionToken: string | undefined): Promise<AccessKey | undefined>
}
