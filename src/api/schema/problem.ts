import Type from 'typebox';

/** See RFC 9457. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
  },
  { description: 'What went wrong, and what to do (RFC 9457).' },
);
