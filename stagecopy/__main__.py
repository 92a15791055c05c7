"""``python -m stagecopy``: the same door as the installed program."""

from stagecopy.cli.main import main

if __name__ == "__main__":
    main()
