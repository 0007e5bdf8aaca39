package io.github.streamleak.report;

import java.util.List;

/** Escapes text from outside, so that GitHub's Markdown shows it as it is. */
final class Markdown {

  private Markdown() {}

  /** Returns {@code text} for a paragraph or a table cell. */
  static String text(String text) {
    StringBuilder out = new StringBuilder();
    Json.wellFormed(text)
        .codePoints()
        .forEach(
            c -> {
              if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                out.append(' ');
              } else if ("&<>\\`*_[]()#|~!@$:{}".indexOf(c) >= 0) {
                // A numeric reference works everywhere; a backslash would not, for example in a
                // bare
                // link.
                out.append("&#").append(c).append(';');
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }

  /** Returns {@code lines} as a block of code, whose fence has more backticks than the lines. */
  static String block(List<String> lines) {
    int longest = 2;
    int run = 0;
    for (char c : String.join("\n", lines).toCharArray()) {
      run = c == '`' ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    String fence = "`".repeat(longest + 1);
    StringBuilder out = new StringBuilder(fence).append("java\n");
    for (String line : lines) {
      out.append(Json.wellFormed(line).replaceAll("\\R|\\p{Cntrl}", " ")).append('\n');
    }
    return out.append(fence).append('\n').toString();
  }
}
