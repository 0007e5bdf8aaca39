package io.github.streamleak.reportpage;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Takes the pictures of {@code docs/report.md}. Not a test but a command, which only {@code
 * -Dtest=Screenshots} runs; {@code -Dreport.screenshots=docs/images} names the folder that they go
 * to, from the project's root.
 */
class Screenshots {

  private static final int MOST_BYTES = 150_000;

  @Test
  void picturesOfTheDocs(@TempDir Path folder) throws IOException {
    try (Browser browser = Browser.start(folder)) {
      browser.open(Report.sample("market"));
      write("report-light.png", browser.screenshot(1160, 1420));

      browser.open(Report.sample("market"), "#cause=NOT_DRAINED&method=acme.Stock%2FList");
      browser.openFinding("NOT_DRAINED");
      browser.run("document.activeElement.blur()");
      browser.media("screen", "dark");
      browser.await(
          "the dark theme",
          () -> browser.string("return document.documentElement.dataset.theme").equals("dark"));
      write("report-dark.png", browser.screenshot(1240, 1250));
    }
  }

  private static void write(String name, byte[] screenshot) throws IOException {
    byte[] png = compressed(screenshot);
    assertThat(png.length).as("bytes of %s", name).isLessThan(MOST_BYTES);
    String folder =
        Objects.requireNonNull(
            System.getProperty("report.screenshots"), "-Dreport.screenshots names the folder");
    Files.write(Report.ROOT.resolve(folder).resolve(name), png);
  }

  /** Writes the picture again with 256 colours, which makes it far smaller. */
  private static byte[] compressed(byte[] png) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
    int width = image.getWidth();
    int height = image.getHeight();
    int[] pixels = image.getRGB(0, 0, width, height, null, 0, width);
    // The grounds, then the most frequent of each set of like colours: by frequency alone the
    // shades
    // of letters would leave no room for what is small and has a colour of its own.
    Map<Integer, Long> frequencies =
        Arrays.stream(pixels).boxed().collect(groupingBy(rgb -> rgb, counting()));
    List<Integer> frequent =
        frequencies.keySet().stream()
            .sorted(Comparator.comparing(frequencies::get, Comparator.reverseOrder()))
            .toList();
    Set<Integer> palette = new LinkedHashSet<>(frequent.subList(0, 64));
    Set<Integer> like = new HashSet<>();
    for (int rgb : frequent) {
      if (palette.size() < 256 && like.add(rgb & 0xf0f0f0)) {
        palette.add(rgb);
      }
    }
    int[] entries = palette.stream().mapToInt(rgb -> rgb).toArray();
    IndexColorModel colors =
        new IndexColorModel(8, entries.length, entries, 0, false, -1, DataBuffer.TYPE_BYTE);
    BufferedImage indexed =
        new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, colors);
    indexed.setRGB(0, 0, width, height, pixels, 0, width);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(indexed, "png", out);
    return out.toByteArray();
  }
}
