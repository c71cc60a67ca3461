/**
 * What the pages show of each thing, wherever it turns up: in a list, on its page, in an event.
 *
 * An event that carries all of it changes what is on the screen without anything being read again.
 */

import { graphql } from './generated';

export const REFUSED = graphql(/* GraphQL */ `
  fragment Refused on UserError {
    field
    code
    message
  }
`);

export const GAME_SHOWN = graphql(/* GraphQL */ `
  fragment GameShown on Gamification {
    xp
    level
    streaks
  }
`);

export const RATING_SHOWN = graphql(/* GraphQL */ `
  fragment RatingShown on StudentRating {
    id
    rating
    deviation
    answers
    subject {
      id
      name
    }
  }
`);

export const OVERRIDE_SHOWN = graphql(/* GraphQL */ `
  fragment OverrideShown on Override {
    id
    targetKind
    action
    reason
    active
    createdAt
    tutor {
      id
      displayName
    }
  }
`);

export const SUMMARY_SHOWN = graphql(/* GraphQL */ `
  fragment SummaryShown on Summary {
    id
    narrative
    nextSteps
    subjectsCovered
    basis
    overridden
    version
    createdAt
    updatedAt
    generation {
      engine
    }
    activeOverride {
      ...OverrideShown
    }
  }
`);

export const SESSION_SHOWN = graphql(/* GraphQL */ `
  fragment SessionShown on Session {
    id
    startedAt
    topicsCovered
    subject {
      id
      name
    }
    summaries {
      ...SummaryShown
    }
  }
`);

export const PRACTICE_SHOWN = graphql(/* GraphQL */ `
  fragment PracticeShown on PracticeAssignment {
    id
    source
    questionText
    choices
    answerType
    flagged
    difficultyLevel
    completed
    completedAt
    responseText
    performanceScore
    studentRatingBefore
    studentRatingAfter
    predictedSuccess
    choiceReason
    held
    overridden
    version
    assignedAt
    subject {
      id
      name
    }
    solution {
      answer
      explanation
    }
    activeOverride {
      ...OverrideShown
    }
  }
`);

export const QUESTION_SHOWN = graphql(/* GraphQL */ `
  fragment QuestionShown on Question {
    id
    query
    outcome
    hint
    answer
    highlight
    revealedAt
    confidence
    confidenceScore
    contextSubjects
    tutorEscalationSuggested
    tutorAnswer
    answeredAt
    overridden
    version
    createdAt
    escalatedTo {
      id
      displayName
    }
    answeredBy {
      id
      displayName
    }
    activeOverride {
      ...OverrideShown
    }
  }
`);

export const QUESTION_WITH_SOURCES = graphql(/* GraphQL */ `
  fragment QuestionWithSources on Question {
    ...QuestionShown
    citations {
      position
      kind
      title
      quote
    }
  }
`);

export const OVERRIDE_WITH_TARGET = graphql(/* GraphQL */ `
  fragment OverrideWithTarget on Override {
    ...OverrideShown
    summary {
      ...SummaryShown
    }
    practice {
      ...PracticeShown
    }
    question {
      ...QuestionShown
    }
  }
`);

export const NUDGE_SHOWN = graphql(/* GraphQL */ `
  fragment NudgeShown on Nudge {
    id
    type
    message
    suggestionsMade
    triggerReason
    sentAt
    openedAt
    clickedAt
  }
`);

export const GOAL_SHOWN = graphql(/* GraphQL */ `
  fragment GoalShown on Goal {
    id
    title
    kind
    status
    completionPercentage
    currentStreak
    xpEarned
    targetCompletionDate
    completedAt
    confirmedAt
    subject {
      id
      name
    }
  }
`);
