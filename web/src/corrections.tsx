/** The three things that tutors correct, each with the form over it. */

import { useAct, type Refusal } from './act';
import { graphql } from './generated';
import type {
  OverrideShownFragment,
  PracticeShownFragment,
  QuestionShownFragment,
  SummaryShownFragment,
} from './generated/graphql';
import { Correction, Refusals } from './ui/Correction';
import { Button } from './ui/parts';

const OVERRIDE_SUMMARY = graphql(/* GraphQL */ `
  mutation OverrideSummary($input: OverrideSummaryInput!) {
    overrideSummary(input: $input) {
      userErrors {
        ...Refused
      }
      summary {
        ...SummaryShown
      }
    }
  }
`);

const OVERRIDE_PRACTICE = graphql(/* GraphQL */ `
  mutation OverridePractice($input: OverridePracticeInput!) {
    overridePractice(input: $input) {
      userErrors {
        ...Refused
      }
      practice {
        ...PracticeShown
      }
    }
  }
`);

const OVERRIDE_ANSWER = graphql(/* GraphQL */ `
  mutation OverrideAnswer($input: OverrideAnswerInput!) {
    overrideAnswer(input: $input) {
      userErrors {
        ...Refused
      }
      question {
        ...QuestionShown
      }
    }
  }
`);

const REVERT = graphql(/* GraphQL */ `
  mutation Revert($input: RevertOverrideInput!) {
    revertOverride(input: $input) {
      userErrors {
        ...Refused
      }
      override {
        ...OverrideWithTarget
      }
    }
  }
`);

interface Of<Thing> {
  of: Thing;
  onClose: () => void;
}

const by = (thing: { activeOverride?: OverrideShownFragment | null }) =>
  thing.activeOverride?.tutor?.displayName ?? null;

export function CorrectSummary({ of: summary, onClose }: Of<SummaryShownFragment>) {
  const { act, busy, refusals } = useAct(OVERRIDE_SUMMARY);
  return (
    <Correction
      what="the summary"
      version={summary.version}
      by={by(summary)}
      busy={busy}
      refusals={refusals}
      onClose={onClose}
      fields={[
        { name: 'narrative', label: 'What was done', value: summary.narrative },
        {
          name: 'nextSteps',
          label: 'What comes next',
          value: summary.nextSteps.join('\n'),
          hint: 'One to a line, the most important first.',
        },
      ]}
      onSave={async ({ narrative, nextSteps }, reason, expectedVersion) => {
        const steps = nextSteps
          ?.split('\n')
          .map((step) => step.trim())
          .filter(Boolean);
        const done = await act({ input: { id: summary.id, expectedVersion, narrative, nextSteps: steps, reason } });
        return done !== null;
      }}
    />
  );
}

export function CorrectPractice({ of: practice, onClose }: Of<PracticeShownFragment>) {
  const { act, busy, refusals } = useAct(OVERRIDE_PRACTICE);
  const choices = practice.choices.length > 0 ? `One of: ${practice.choices.join(' · ')}` : undefined;
  return (
    <Correction
      what="the question"
      version={practice.version}
      by={by(practice)}
      busy={busy}
      refusals={refusals.map(levelIsDifficulty)}
      onClose={onClose}
      fields={[
        { name: 'question', label: 'Question', value: practice.questionText },
        { name: 'answer', label: 'Answer', value: practice.solution?.answer ?? '', hint: choices, short: true },
        { name: 'explanation', label: 'Explanation', value: practice.solution?.explanation ?? '' },
        {
          name: 'difficulty',
          label: 'Difficulty',
          value: String(practice.difficultyLevel ?? ''),
          hint: '1, the easiest, to 10.',
          short: true,
        },
      ]}
      onSave={async ({ question, answer, explanation, difficulty }, reason, expectedVersion) => {
        const difficultyLevel = difficulty ? Number.parseInt(difficulty, 10) || 0 : undefined;
        const input = { id: practice.id, expectedVersion, question, answer, explanation, difficultyLevel, reason };
        return (await act({ input })) !== null;
      }}
    />
  );
}

function levelIsDifficulty(refusal: Refusal): Refusal {
  return refusal.field === 'difficultyLevel' ? { ...refusal, field: 'difficulty' } : refusal;
}

export function CorrectAnswer({ of: question, onClose }: Of<QuestionShownFragment>) {
  const { act, busy, refusals } = useAct(OVERRIDE_ANSWER);
  return (
    <Correction
      what="the answer"
      version={question.version}
      by={by(question)}
      busy={busy}
      refusals={refusals}
      onClose={onClose}
      fields={[{ name: 'answer', label: 'The companion’s answer, in your words', value: question.answer ?? '' }]}
      onSave={async ({ answer = '' }, reason, expectedVersion) =>
        (await act({ input: { id: question.id, expectedVersion, answer, reason } })) !== null
      }
    />
  );
}

/** Ends the override that is in force. */
export function TakeBack({ override, version }: { override: OverrideShownFragment; version: number }) {
  const { act, busy, refusals } = useAct(REVERT);
  return (
    <>
      <Button
        kind="quiet"
        busy={busy}
        onClick={() => void act({ input: { id: override.id, expectedVersion: version } })}
      >
        Take it back
      </Button>
      <Refusals refusals={refusals} />
    </>
  );
}
