package org.ferrohsm.provider;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;

/** Loads the provider in two class loaders, as two applications of one server do. */
final class NativeLibraryMain {
    private NativeLibraryMain() {
    }

    public static void main(String[] arguments) throws Exception {
        List<URL> path = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            path.add(new File(entry).toURI().toURL());
        }
        for (int i = 0; i < 2; i++) {
            try (URLClassLoader loader = new URLClassLoader(path.toArray(URL[]::new),
                ClassLoader.getPlatformClassLoader())) {
                Object provider = loader.loadClass("org.ferrohsm.provider.FerroHsmProvider")
                    .getConstructor().newInstance();
                System.out.println("loaded " + provider);
            }
        }
    }
}
