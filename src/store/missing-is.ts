/** What `found` resolves to, or `otherwise` where the file or folder is not there. */
export async function missingIs<Found, Otherwise>(
  otherwise: Otherwise,
  found: Promise<Found>,
): Promise<Found | Otherwise> {
  try {
    return await found
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise
    throw error
  }
}
