import Type from 'typebox';
import {
  answerLine,
  ControlError,
  changesSomething,
  MOST_LONG_QUESTION,
  parseQuestion,
  type Question,
  QuestionError,
  refusalLine,
} from '../../control/index.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problem.ts';
import type { Api } from '../server.ts';

/** Any question in the form in which weir's own commands ask it. */
export function questionRoutes(api: Api, { weir }: Backend): void {
  api.post(
    '/api/v1/questions',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Asks as the commands of weir do',
        description:
          'A question and its answer as on the control socket: `value`, or `error` with its `code`. The other operations ask the same in forms that are made for programs.',
        tags: ['system'],
        body: Type.Object({ ask: Type.String({ maxLength: 64 }) }, { additionalProperties: true }),
        response: { 200: Type.Unknown() },
      },
    },
    async (request, reply) => {
      const question = questionOf(request.body);
      request.isAsking = !changesSomething(question);
      return reply.type('application/json').send(await answerOf(() => weir.answer(question)));
    },
  );
}

function questionOf(body: object): Question {
  try {
    return parseQuestion(JSON.stringify(body), MOST_LONG_QUESTION);
  } catch (error) {
    if (error instanceof QuestionError)
      throw new Problem(400, 'The request is not understood', error.message);
    throw error;
  }
}

async function answerOf(ask: () => Promise<unknown>): Promise<string> {
  try {
    return answerLine(await ask());
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    const { code, message } = error;
    return refusalLine(code === 'absent' || code === 'silent' ? 'failed' : code, message);
  }
}
