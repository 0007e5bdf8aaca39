package io.github.streamleak.report;

import java.util.List;

/** Escapes text from outside, so that GitHub's Markdown shows it as it is. */
final class Markdown {

  private Markdown() {}

  /** Returns {@code text} for a paragraph or a table cell. */
  static String text(String text) {
    StringBuilder out = new StringBuilder();
    int[] all = Json.wellFormed(text).codePoints().toArray();
    for (int i = 0; i < all.length; i++) {
      int c = all[i];
      if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
        out.append(' ');
      } else if ("&<>\\`*_[]#|~!@$:{}".indexOf(c) >= 0 && !isWithinAWord(all, i)) {
        // A numeric reference works everywhere; a backslash would not, for example in a bare link.
        out.append("&#").append(c).append(';');
      } else {
        out.appendCodePoint(c);
      }
    }
    return out.toString();
  }

  /** Returns whether a character is an underscore that begins and ends no emphasis. */
  private static boolean isWithinAWord(int[] text, int i) {
    return text[i] == '_'
        && i > 0
        && i < text.length - 1
        && Character.isLetterOrDigit(text[i - 1])
        && Character.isLetterOrDigit(text[i + 1]);
  }

  /** Returns a link whose text is escaped. */
  static String link(String text, String address) {
    return "[" + text(text) + "](" + address + ")";
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
