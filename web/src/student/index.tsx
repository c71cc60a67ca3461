import './student.css';

import { Missing } from '../app/Missing';
import { AskPage } from './Ask';
import { PracticePage } from './Practice';
import { ProgressPage } from './Progress';
import { TodayPage } from './Today';

/** The pages of students. */
export default function Student({ rest: [page] }: { rest: string[] }) {
  if (page === undefined) return <TodayPage />;
  if (page === 'practice') return <PracticePage />;
  if (page === 'ask') return <AskPage />;
  if (page === 'progress') return <ProgressPage />;
  return <Missing />;
}
