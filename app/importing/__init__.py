"""History comes in from files: updates as Telegram made them, or events as Kairos exports them.

Promises: a dry run says what is wrong, line by line, and changes nothing; importing a line again changes
nothing; an import that was interrupted goes on where it stopped; nobody is answered, whatever the lines say;
nobody who asked to be forgotten is made known again.
"""

from app.importing.lines import Documents, Line, Source, open_source
from app.importing.run import ImportDeps, Imported, import_lines

__all__ = ["Documents", "ImportDeps", "Imported", "Line", "Source", "import_lines", "open_source"]
