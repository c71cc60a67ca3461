/** Practice and questions, as tutors see them: with the solution, and what the companion said. */

import { useState } from 'react';

import { CorrectAnswer, CorrectPractice, TakeBack } from '../corrections';
import type { PracticeShownFragment, QuestionShownFragment } from '../generated/graphql';
import { Corrected } from '../ui/Correction';
import { useWriting } from '../ui/More';
import { Button, Tag } from '../ui/parts';
import { Written } from '../ui/Written';

export function Solved({ practice }: { practice: PracticeShownFragment }) {
  const { questionText, choices, solution, responseText, performanceScore, completed, activeOverride } = practice;
  return (
    <div className="stack" style={{ '--gap': '0.375rem' } as React.CSSProperties}>
      <Corrected override={activeOverride}>
        {activeOverride && <TakeBack override={activeOverride} version={practice.version} />}
      </Corrected>
      <p className="prose question">
        <Written text={questionText} />
      </p>
      {choices.length > 0 && <p className="soft small"><Written text={choices.join(' · ')} /></p>}
      {solution && (
        <p>
          <span className="soft">Answer:</span> <strong>
            <Written text={solution.answer} />
          </strong>
          {solution.explanation && (
            <span className="soft">
              {' '}
              <Written text={solution.explanation} />
            </span>
          )}
        </p>
      )}
      {completed && (
        <p className="row">
          {responseText && (
            <span>
              <span className="soft">Said:</span> <Written text={responseText} />
            </span>
          )}
          <Score score={performanceScore} />
        </p>
      )}
    </div>
  );
}

export function Score({ score }: { score: string | null | undefined }) {
  if (score == null) return null;
  const share = Number(score);
  const tone = share >= 0.75 ? 'good' : share > 0 ? 'warn' : 'bad';
  return <Tag tone={tone}>{Math.round(share * 100)} %</Tag>;
}

const SURE = { HIGH: 'good', MEDIUM: 'blue', LOW: 'warn' } as const;

export function Sure({ question: { confidence, confidenceScore } }: { question: QuestionShownFragment }) {
  const word = { HIGH: 'sure', MEDIUM: 'fairly sure', LOW: 'not sure' }[confidence];
  return (
    <Tag tone={SURE[confidence]}>
      the companion was {word}
      {confidenceScore != null && `, ${Math.round(Number(confidenceScore) * 100)} %`}
    </Tag>
  );
}

export function Asked({ question }: { question: QuestionShownFragment }) {
  const { query, answer, tutorAnswer, answeredBy, activeOverride } = question;
  return (
    <div className="stack" style={{ '--gap': '0.375rem' } as React.CSSProperties}>
      <p className="prose question">
        <Written text={query} />
      </p>
      <Corrected override={activeOverride}>
        {activeOverride && <TakeBack override={activeOverride} version={question.version} />}
      </Corrected>
      {answer && (
        <p className="prose reply">
          <Written text={answer} />
        </p>
      )}
      {question.outcome === 'ANSWERED' && (
        <p className="row">
          <Sure question={question} />
        </p>
      )}
      {tutorAnswer && (
        <div className="tutor-answer">
          <p className="small">
            <strong>{answeredBy?.displayName ?? 'A tutor'} answered</strong>
          </p>
          <p className="prose">
            <Written text={tutorAnswer} />
          </p>
        </div>
      )}
    </div>
  );
}

/** Can be corrected where it stands. */
export function PracticeLine({ practice: listed }: { practice: PracticeShownFragment }) {
  const [correcting, setCorrecting] = useState(false);
  const practice = useWriting(listed, correcting);
  return (
    <>
      <Solved practice={practice} />
      {correcting ? (
        <CorrectPractice of={practice} onClose={() => setCorrecting(false)} />
      ) : (
        <Button kind="quiet" onClick={() => setCorrecting(true)} aria-label={`Correct it: ${practice.questionText}`}>
          Correct it
        </Button>
      )}
    </>
  );
}

export function QuestionLine({ question: listed }: { question: QuestionShownFragment }) {
  const [correcting, setCorrecting] = useState(false);
  const question = useWriting(listed, correcting);
  return (
    <>
      <Asked question={question} />
      {correcting ? (
        <CorrectAnswer of={question} onClose={() => setCorrecting(false)} />
      ) : (
        question.answer && (
          <Button kind="quiet" onClick={() => setCorrecting(true)} aria-label={`Correct the answer: ${question.query}`}>
            Correct the answer
          </Button>
        )
      )}
    </>
  );
}
