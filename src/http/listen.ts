import type { FastifyInstance } from 'fastify';

/**
 * @returns the URL that the server listens at.
 * @throws what stands in the way; a port that is taken with its remedy.
 */
export async function listen(server: FastifyInstance, { port, host }: { port: number; host: string }): Promise<string> {
  try {
    return await server.listen({ port, host });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new Error(`port ${port} of ${host} is taken; stop what listens there or set PORT`, {
        cause: error,
      });
    }
    throw error;
  }
}
