import { type Proof, theGateway } from './proof.ts';

export const proofsOfDocumentation: readonly Proof[] = [
  {
    check: 'launch.docs.current',
    subject: theGateway,
    plant: ({ rewrite }) => {
      rewrite.served = (text, path) =>
        path.startsWith('/docs/guide/') ? text.replace(/(name="posthorn-release" content=")[^"]*/, '$10.0.9') : text;
      return Promise.resolve();
    },
    mend: ({ rewrite }) => {
      rewrite.served = (text) => text;
      return Promise.resolve();
    },
  },
];
