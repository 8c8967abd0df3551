// Why rows of the second suite and the third are, or were, told wrongly, in a sentence each.

export const WHY: Readonly<Record<string, string>> = {
  'a file uploaded with the button, chosen at leisure':
    'Limit: only commands that a person is known to have started have children, so what this one opens is told as unknown.',
  'a file dragged into a folder':
    'Bug: while something is dragged a layer of lumino lies under the pointer, and the drop is told by that instead of by where the press was.',
  'a tab dragged to the right side, which splits the area':
    'Bug: the same layer of lumino; the press was on a tab.',
  'the same, and Trust chosen in the question':
    'Bug: the link runs after the press in the dialog has been handled, and then (rule 6) the dialog itself counts, not what opened it.',
  'while a cell runs: a command of a timer that has nothing to do with it':
    'Limit: whatever runs while a command is pending, and no gesture came between, counts as its child (rule 5).',
  'a notebook saved by a timer just after a cell was inserted':
    'Limit: an activity less than half a second after a gesture is told by the command that used it, autosaves too.',
  'a button that Tab reaches, and that acts on that':
    'Limit: Tab only moves about; a handler of the focus is not the handler of a gesture.',
  'a form sent with Enter in its field':
    "Bug: the form's event is none of those that are watched, so what is certain is told as inferred.",
  'a field that acts on what is typed into it':
    'Limit: typing explains nothing, so that what comes while somebody types is not mistaken for what they wanted.',
  'a key binding made by a program':
    'Bug: the mark of a key binding is believed without a look at whether a person pressed the key.',
  'a timer just after a click where nothing listens':
    'Limit: for half a second a click explains what comes (rule 6), wherever it was but in editors, terminals and tab bars.',
  'a timer just after a click on a button that does something else':
    'Limit: the same half a second; what the button did was no command.',
  'a timer just after a file was selected':
    'Limit: the same half a second; selecting a file is no command.',
  'New > New Folder, named with the keyboard':
    'Bug: any menu bar counts as the main menu, also the one of a single button in a toolbar.',
  'a form with no button, sent with Enter':
    'Limit: only the click on its button, which Enter makes where there is one, tells that a person sends a form and no program.',
  'a form whose button a program presses':
    'Limit: browsers mark the sending of a form as a person’s there, too, so it is taken for nobody’s.',
  'the arguments of a key binding kept by a program, and used again for another command':
    'Limit: where they come from is known, and not that they were kept; the claim is `inferred`.'
};
